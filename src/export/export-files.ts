import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import { getUser } from '../accounts/account.ts';
import { presentApiKey } from '../accounts/api-keys.ts';
import { presentAuditEvent } from '../accounts/me-routes.ts';
import { presentUser } from '../accounts/present.ts';
import { apiKeys, auditEvents } from '../accounts/schema.ts';
import { listDecisions } from '../approvals/approvals.ts';
import { presentApproval } from '../approvals/present.ts';
import { presentArticle, presentClaims } from '../articles/present.ts';
import { listClaims, listRevisions } from '../articles/queries.ts';
import { type Article, articles } from '../articles/schema.ts';
import { paidCalls } from '../budget/schema.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { images } from '../images/schema.ts';
import { readImage } from '../images/store.ts';
import { articleImports } from '../import/schema.ts';
import { sources } from '../knowledge/schema.ts';
import { listPassages } from '../knowledge/store.ts';
import { presentPipeline } from '../pipeline/present.ts';
import { presentReceipt } from '../pipeline/receipt.ts';
import { pipelines } from '../pipeline/schema.ts';
import { presentProviderKey } from '../provider-keys/present.ts';
import { listKeys, ownSpending } from '../provider-keys/provider-keys.ts';
import { type Publication, publications } from '../publishing/schema.ts';
import { showPublications } from '../publishing/surroundings.ts';
import { presentRun, presentSchedules } from '../schedules/present.ts';
import { scheduleExceptions, scheduleRuns, schedules } from '../schedules/schema.ts';
import { presentSitePost } from '../site-posts/present.ts';
import { pageOfPosts } from '../site-posts/queries.ts';
import { presentSite } from '../sites/present.ts';
import { sites } from '../sites/schema.ts';
import { presentTopic } from '../topics/present.ts';
import { topics } from '../topics/schema.ts';
import { presentSource } from '../watching/present.ts';
import { watchedEntries, watchedSources } from '../watching/schema.ts';
import { presentDeliveryWithPayload, presentWebhook } from '../webhooks/present.ts';
import { webhookDeliveries, webhooks } from '../webhooks/schema.ts';
import { archiveFiles } from './archive-files.ts';
import type { ExportFile } from './zip.ts';

const readme = `This is everything of an account of blog-poster, as its API answers it (times in UTC, money in micro-dollars).

articles/     each article as Markdown, and as JSON with its claims, sources, revisions and approvals; those in the bin as well
pipelines/    each pipeline with its receipt
images/       each image with its name and texts; those in the bin as well
sources/      each source with its passages, which quotes can be looked up in
site-posts/   what was read of each site's posts, 1,000 a file; nothing for a site without any
webhooks/     each webhook with its deliveries of the last 30 days
schedules/    each schedule with what was moved or skipped, and what its times have led to
account.json sites.json topics.json watched-sources.json publications.json api-keys.json provider-keys.json usage.json access-log.json

Passwords, keys and tokens are not in it: they are stored in a form that cannot be read, or only to be used.

archive.json and data/ are the same once more as another instance of blog-poster takes it in: Your data, in the account settings
there, or "blog-poster import archive FILE", with this file as it is. Articles with their revisions, claims, sources and images,
sites without their passwords, publications, topics, schedules, watched sources and webhooks come along. Pipelines, what
was paid, the access log and keys do not: they are here to be read.
`;

/** Publications with the posts as they were last written, and as they stood on the site where a person has to decide. */
async function exportedPublications(ctx: Pick<AppContext, 'db' | 'now'>, rows: Publication[]) {
  const shown = await showPublications(ctx, ctx.db, rows);
  return rows.map(({ sent, theirs, conflict }, index) => ({ ...shown[index], sent, theirs, conflict }));
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const pageSize = 50;

/** An article as Markdown, and as JSON with its claims, sources, revisions and approvals. */
export async function* articleFiles(db: Db, userId: string, article: Article): AsyncGenerator<ExportFile> {
  const name = `articles/${article.slug || 'article'}-${article.id}`;
  const presented = await presentArticle(db, article);
  const claims = presentClaims(article, await listClaims(db, userId, article.id));
  const revisions = await listRevisions(db, userId, article.id);
  const deletedAt = article.deletedAt?.toISOString() ?? null;
  yield { name: `${name}.md`, text: article.markdown };
  const decisions = (await listDecisions(db, userId, { articleId: article.id })).map(presentApproval);
  const { terms } = article;
  const [imported = null] = await db
    .select({ key: articleImports.key, extra: articleImports.extra, importedAt: articleImports.importedAt })
    .from(articleImports)
    .where(eq(articleImports.articleId, article.id));
  const whole = { ...presented, terms, deletedAt, claims, revisions, approvals: decisions, imported };
  yield { name: `${name}.json`, text: json(whole) };
}

/** Everything that belongs to a user, file by file; no passwords, keys or tokens. */
export async function* exportFiles(
  ctx: Pick<AppContext, 'db' | 'config' | 'now'>,
  userId: string,
): AsyncGenerator<ExportFile> {
  const { db } = ctx;
  yield { name: 'README.txt', text: readme };
  yield { name: 'account.json', text: json(presentUser(await getUser(db, userId))) };
  for await (const article of all(db, articles, userId)) yield* articleFiles(db, userId, article);
  for await (const pipeline of all(db, pipelines, userId)) {
    const presented = await presentPipeline(db, pipeline);
    const receipt = await presentReceipt(db, pipeline);
    yield { name: `pipelines/${pipeline.id}.json`, text: json({ ...presented, brief: pipeline.brief, receipt }) };
  }
  for await (const source of all(db, sources, userId)) {
    const passages = await listPassages(db, userId, [source.id]);
    const texts = passages.map(({ id, ordinal, heading, text }) => ({ id, ordinal, heading, text }));
    yield { name: `sources/${source.id}.json`, text: json({ ...source, userId: undefined, passages: texts }) };
  }
  for await (const image of all(db, images, userId)) {
    const { data } = await readImage(db, userId, image.id);
    const { userId: _user, digest: _digest, madeFrom: _madeFrom, ...fields } = image;
    yield { name: `images/${image.id}.${image.mime.slice('image/'.length)}`, bytes: data };
    yield { name: `images/${image.id}.json`, text: json(fields) };
  }
  yield { name: 'sites.json', text: json((await collect(all(db, sites, userId))).map(presentSite)) };
  yield* postFiles(db, userId);
  yield { name: 'topics.json', text: json((await collect(all(db, topics, userId))).map(presentTopic)) };
  yield { name: 'watched-sources.json', text: json(await exportedSources(db, userId)) };
  for await (const schedule of all(db, schedules, userId)) {
    const [shown] = await presentSchedules(db, [schedule]);
    const runs = await collect(all(db, scheduleRuns, userId, eq(scheduleRuns.scheduleId, schedule.id)));
    const changed = await collect(all(db, scheduleExceptions, userId, eq(scheduleExceptions.scheduleId, schedule.id)));
    const exceptions = changed.map(({ slotAt, movedTo }) => ({ slotAt, movedTo, skipped: movedTo === null }));
    const text = json({ ...shown, exceptions, runs: runs.map(presentRun) });
    yield { name: `schedules/${schedule.id}.json`, text };
  }
  yield {
    name: 'publications.json',
    text: json(await exportedPublications(ctx, await collect(all(db, publications, userId)))),
  };
  const keys = await collect(all(db, apiKeys, userId));
  yield { name: 'api-keys.json', text: json(keys.map((key) => presentApiKey(key, ctx.now()))) };
  const spent = await ownSpending(ctx, userId);
  const ownKeys = (await listKeys(db, userId)).map((row) => presentProviderKey(row, spent));
  yield { name: 'provider-keys.json', text: json(ownKeys) };
  for await (const webhook of all(db, webhooks, userId)) {
    const sent = await collect(all(db, webhookDeliveries, userId, eq(webhookDeliveries.webhookId, webhook.id)));
    const deliveries = sent.map(presentDeliveryWithPayload);
    yield { name: `webhooks/${webhook.id}.json`, text: json({ ...presentWebhook(webhook, ctx.now()), deliveries }) };
  }
  yield { name: 'usage.json', text: json(await usage(db, userId)) };
  yield { name: 'access-log.json', text: json((await collect(all(db, auditEvents, userId))).map(presentAuditEvent)) };
  yield* archiveFiles(ctx, userId);
}

/** Each watched source with what was seen in it. */
async function exportedSources(db: Db, userId: string) {
  const entries = Map.groupBy(await collect(all(db, watchedEntries, userId)), ({ sourceId }) => sourceId);
  const rows = await collect(all(db, watchedSources, userId));
  return rows.map((row) => {
    const seen = entries.get(row.id) ?? [];
    const proposed = seen.filter(({ outcome }) => outcome === 'proposed').length;
    return {
      ...presentSource({ ...row, entries: seen.length, proposed }),
      seen: seen.map(({ title, url, publishedAt, outcome, topicId, seenAt }) => ({
        ...{ title, url, publishedAt, outcome, topicId, seenAt },
      })),
    };
  });
}

/** The posts of sites, a thousand a file: there may be more than memory should hold. */
async function* postFiles(db: Db, userId: string): AsyncGenerator<ExportFile> {
  let last: Awaited<ReturnType<typeof pageOfPosts>>[number] | null = null;
  for (let number = 1; ; number += 1) {
    const rows: Awaited<ReturnType<typeof pageOfPosts>> = await pageOfPosts(db, userId, last, 1000);
    last = rows.at(-1) ?? null;
    if (last === null) return;
    const posts = rows.map((row) => ({ siteId: row.siteId, ...presentSitePost(row) }));
    yield { name: `site-posts/${number}.json`, text: json(posts) };
  }
}

async function usage(db: Db, userId: string) {
  const rows = await db.select().from(paidCalls).where(eq(paidCalls.userId, userId)).orderBy(asc(paidCalls.startedAt));
  // What a model answered is in the articles; here it is what was paid.
  return rows.map(({ userId: _user, output: _output, ...call }) => call);
}

type OwnedTable =
  | typeof articles
  | typeof pipelines
  | typeof sources
  | typeof images
  | typeof sites
  | typeof topics
  | typeof watchedSources
  | typeof watchedEntries
  | typeof schedules
  | typeof scheduleExceptions
  | typeof scheduleRuns
  | typeof publications
  | typeof apiKeys
  | typeof auditEvents
  | typeof webhooks
  | typeof webhookDeliveries;

/** A user's rows of a table, oldest first, a page at a time. */
async function* all<Table extends OwnedTable>(
  db: Db,
  table: Table,
  userId: string,
  only?: SQL,
): AsyncGenerator<Table['$inferSelect']> {
  let last: string | null = null;
  for (;;) {
    const rows: Table['$inferSelect'][] = await db
      .select()
      .from(table as OwnedTable)
      .where(and(eq(table.userId, userId), last === null ? undefined : gt(table.id, last), only))
      .orderBy(asc(table.id))
      .limit(pageSize);
    yield* rows;
    last = rows.at(-1)?.id ?? null;
    if (rows.length < pageSize || last === null) return;
  }
}

async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const list: Row[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
