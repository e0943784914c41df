import { eq, inArray } from 'drizzle-orm';
import { articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { sites } from '../sites/schema.ts';
import { type PresentedPublication, presentPublication } from './present.ts';
import { aheadOf } from './queue.ts';
import { type Publication, publications } from './schema.ts';

/** What has to be known around a publication to say how it stands: its article, its site, and the queue there. */
export interface Surroundings {
  title: string;
  /** The article's present revision. */
  articleRevision: number;
  siteName: string;
  timeZone: string;
  pausedAt: Date | null;
  pausedBy: 'user' | 'site' | null;
  /** Until when the site wants to be left in peace. */
  quietUntil: Date | null;
  /** How many stand before it in the queue; null when it is not queued. */
  ahead: number | null;
  now: Date;
}

/** Publications as they are shown, in the same order, with their places in the queues. */
export async function showPublications(
  ctx: Pick<AppContext, 'now'>,
  db: Db,
  rows: Publication[],
): Promise<PresentedPublication[]> {
  if (rows.length === 0) return [];
  const found = await db
    .select({
      id: publications.id,
      title: articles.title,
      articleRevision: articles.revision,
      siteName: sites.name,
      timeZone: sites.timezone,
      pausedAt: sites.pausedAt,
      pausedBy: sites.pausedBy,
      quietUntil: sites.quietUntil,
    })
    .from(publications)
    .innerJoin(sites, eq(sites.id, publications.siteId))
    .innerJoin(articles, eq(articles.id, publications.articleId))
    .where(
      inArray(
        publications.id,
        rows.map(({ id }) => id),
      ),
    );
  const around = new Map(found.map((row) => [row.id, row]));
  const ahead = await aheadOf(db, rows);
  const now = ctx.now();
  return rows.map((row) => {
    const known = around.get(row.id);
    return presentPublication(row, known ? { ...known, ahead: ahead.get(row.id) ?? null, now } : null);
  });
}

/** One publication as it is shown. */
export async function showPublication(
  ctx: Pick<AppContext, 'now'>,
  db: Db,
  row: Publication,
): Promise<PresentedPublication> {
  const [shown] = await showPublications(ctx, db, [row]);
  return shown ?? presentPublication(row, null);
}
