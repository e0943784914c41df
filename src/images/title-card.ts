import { and, eq } from 'drizzle-orm';
import { slugify } from '../articles/slug.ts';
import type { AppContext } from '../context.ts';
import { digest } from '../digest.ts';
import { restoreImage } from './bin.ts';
import { cardVersion } from './card/card-version.ts';
import type { CardInput } from './card/compose-card.ts';
import { type Image, images } from './schema.ts';
import { keepImage } from './store.ts';

/** The colours of a card where the site has none of its own. */
export const cardColours = { background: '#1e293b', text: '#ffffff' };

/**
 * The title card of these words and colours: a PNG of 1200 x 630, drawn here at no cost, in any script that Noto has. It
 * is kept among the user's images; the same words and colours are drawn once. The title is its alternative text.
 * Throws `images_full`.
 */
export async function titleCard(
  ctx: Pick<AppContext, 'db' | 'imaging'>,
  { userId, ...input }: CardInput & { userId: string },
): Promise<Image> {
  const madeFrom = digest({ cardVersion, ...input });
  const [known] = await ctx.db
    .select()
    .from(images)
    .where(and(eq(images.userId, userId), eq(images.madeFrom, madeFrom)));
  if (known) return known.deletedAt ? restoreImage(ctx.db, userId, known.id) : known;
  const drawn = await ctx.imaging.card(input);
  const name = `${slugify(input.title).slice(0, 80)}.png`;
  const fields = { userId, kind: 'card' as const, name, alt: input.title.slice(0, 500), madeFrom };
  return ctx.db.transaction((tx) => keepImage(tx, fields, drawn));
}
