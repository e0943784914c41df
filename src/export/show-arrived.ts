import { and, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { articleSchema, presentArticle } from '../articles/present.ts';
import { articles } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { publicationSchema } from '../publishing/present.ts';
import { publications } from '../publishing/schema.ts';
import { showPublications } from '../publishing/surroundings.ts';
import { scheduleBriefSchema } from '../schedules/brief.ts';
import { presentSchedules, scheduleSchema } from '../schedules/present.ts';
import { scheduleRuleSchema } from '../schedules/rule.ts';
import { schedules } from '../schedules/schema.ts';
import { presentSite, siteSchema } from '../sites/present.ts';
import { sites } from '../sites/schema.ts';
import { presentTopic, topicSchema } from '../topics/present.ts';
import { topics } from '../topics/schema.ts';
import { presentSource, watchedSourceSchema } from '../watching/present.ts';
import { watchedSources } from '../watching/schema.ts';
import { presentWebhook, webhookSchema } from '../webhooks/present.ts';
import { webhooks } from '../webhooks/schema.ts';
import { notARow } from './arrive.ts';

const atATime = 50;

/**
 * Shows everything that an import has brought as the API would, before it is kept: JSON columns hold what the database does
 * not look at, and a row that no page can show could not even be deleted there.
 * @throws AppError import_unreadable
 */
export async function showArrived(
  ctx: Pick<AppContext, 'now'>,
  tx: Db,
  userId: string,
  fresh: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
  type Shown = readonly [id: string, shown: unknown];
  const each = async (table: string, schema: z.ZodType, show: (ids: string[]) => Promise<Shown[]>) => {
    const ids = [...(fresh.get(table) ?? [])];
    for (let at = 0; at < ids.length; at += atATime) {
      const shown = await show(ids.slice(at, at + atATime)).catch((error: unknown) => {
        if (error instanceof TypeError || error instanceof RangeError || error instanceof z.ZodError)
          throw notARow(table, {}, error);
        throw error;
      });
      for (const [id, value] of shown) {
        const read = schema.safeParse(value);
        if (!read.success) throw notARow(table, { id }, read.error);
      }
    }
  };
  await each('articles', articleSchema, async (ids) => {
    const rows = await tx
      .select()
      .from(articles)
      .where(and(eq(articles.userId, userId), inArray(articles.id, ids)));
    const shown: Shown[] = [];
    for (const row of rows) shown.push([row.id, await presentArticle(tx, row)]);
    return shown;
  });
  await each('publications', publicationSchema, async (ids) => {
    const mine = and(eq(publications.userId, userId), inArray(publications.id, ids));
    const rows = await tx.select().from(publications).where(mine);
    const shown = await showPublications(ctx, tx, rows);
    return rows.map(({ id }, at) => [id, shown[at]]);
  });
  await each('schedules', scheduleSchema, async (ids) => {
    const rows = await tx
      .select()
      .from(schedules)
      .where(and(eq(schedules.userId, userId), inArray(schedules.id, ids)));
    for (const { id, rule, brief } of rows) {
      const read = [scheduleRuleSchema.safeParse(rule), scheduleBriefSchema.safeParse(brief)];
      for (const { error } of read) if (error) throw notARow('schedules', { id }, error);
    }
    const shown = await presentSchedules(tx, rows);
    return rows.map(({ id }, at) => [id, shown[at]]);
  });
  await each('sites', siteSchema, async (ids) => {
    const rows = await tx
      .select()
      .from(sites)
      .where(and(eq(sites.userId, userId), inArray(sites.id, ids)));
    return rows.map((row) => [row.id, presentSite(row)]);
  });
  await each('topics', topicSchema, async (ids) => {
    const rows = await tx
      .select()
      .from(topics)
      .where(and(eq(topics.userId, userId), inArray(topics.id, ids)));
    return rows.map((row) => [row.id, presentTopic(row)]);
  });
  await each('watched_sources', watchedSourceSchema, async (ids) => {
    const mine = and(eq(watchedSources.userId, userId), inArray(watchedSources.id, ids));
    const rows = await tx.select().from(watchedSources).where(mine);
    return rows.map((row) => [row.id, presentSource({ ...row, entries: 0, proposed: 0 })]);
  });
  await each('webhooks', webhookSchema, async (ids) => {
    const rows = await tx
      .select()
      .from(webhooks)
      .where(and(eq(webhooks.userId, userId), inArray(webhooks.id, ids)));
    return rows.map((row) => [row.id, presentWebhook(row, ctx.now())]);
  });
}
