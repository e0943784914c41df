import { eq } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { assertCurrent, editArticleIn } from './articles.ts';
import { ownImagesIn } from './markdown.ts';
import { bringBackImages, getArticle, getRevision } from './queries.ts';
import { type Article, articles } from './schema.ts';

/**
 * Makes an article again what it was at an earlier revision, as a new revision: title, text, fields and featured image.
 * Images of it that are in the bin come back with it; what was deleted for good is said in `warnings`, one sentence each.
 * `current` is the revision that the person had before them. Throws `stale_revision`, and `not_found` for the article or
 * the revision.
 */
export async function restoreRevision(
  ctx: Pick<AppContext, 'db' | 'queue'>,
  userId: string,
  { id, revision, current }: { id: string; revision: number; current: number },
): Promise<{ article: Article; warnings: string[] }> {
  return ctx.db.transaction(async (tx) => {
    await tx.select({ id: articles.id }).from(articles).where(eq(articles.id, id)).for('update');
    // First of all: what was before the person may be a revision that an automatic save has taken the place of.
    assertCurrent(await getArticle(tx, userId, id), current);
    const { title, markdown, fields } = await getRevision(tx, userId, id, revision);
    const { featuredImageId, ...texts } = fields;
    const shown = ownImagesIn(markdown);
    const kept = await bringBackImages(tx, userId, [...shown, ...(featuredImageId ? [featuredImageId] : [])]);
    const lost = shown.filter((image) => !kept.has(image)).length;
    const featuredIsLost = typeof featuredImageId === 'string' && !kept.has(featuredImageId);
    const change = {
      ...texts,
      title,
      markdown,
      ...(featuredImageId === undefined ? {} : { featuredImageId: featuredIsLost ? null : featuredImageId }),
    };
    const article = await editArticleIn(ctx, tx, userId, id, current, change);
    return {
      article,
      warnings: [
        ...(featuredIsLost ? ['The featured image of that revision was deleted for good: there is none now.'] : []),
        ...(featuredImageId === undefined
          ? ['Which featured image that revision had is not known: the present one stays.']
          : []),
        ...(lost > 0
          ? [
              `${lost === 1 ? 'An image' : `${lost} images`} of its text ${lost === 1 ? 'was' : 'were'} deleted for good.`,
            ]
          : []),
      ],
    };
  });
}
