import { existsSync, readFileSync } from 'node:fs';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ensureLocalOwner } from './accounts/operator.ts';
import { presentArticle } from './articles/present.ts';
import { getArticle } from './articles/queries.ts';
import { reportLines } from './cli/report.ts';
import { readSourceFile } from './cli/source-file.ts';
import type { AppContext } from './context.ts';
import { type Db, queryRows } from './db/open.ts';
import { checkedBriefSchema } from './pipeline/brief.ts';
import { insertPipeline } from './pipeline/commands.ts';
import { presentReceipt } from './pipeline/receipt.ts';
import { type Pipeline, pipelines } from './pipeline/schema.ts';
import { samplesFolder } from './shipped-files.ts';

/** docs/samples/brief.json: a brief whose sources are files beside it. */
const sampleBrief = z.strictObject({
  topic: z.string(),
  keyword: z.string().optional(),
  words: z.strictObject({ min: z.int(), max: z.int() }).optional(),
  sources: z.array(z.string().regex(/^[\w.-]+$/)).min(1),
});

/** The row of `instance_settings`: which pipeline it was, and since when its result has been told. */
const settingName = 'first-run';
const setting = z.object({ pipelineId: z.uuid(), toldAt: z.iso.datetime().nullable() });

/**
 * On the first start of an embedded instance, writes one article about the bundled samples with the offline model, by
 * the same way as every other, and tells the result through `say`. When the process was stopped in the middle, the
 * next start goes on waiting for the same pipeline; once told, it never comes again. Returns early when `signal` aborts.
 */
export async function runSampleOnce(
  ctx: AppContext,
  url: string | null,
  say: (line: string) => void,
  signal: AbortSignal,
  folder: URL = samplesFolder,
): Promise<void> {
  if (ctx.config.database.kind !== 'embedded' || ctx.config.role !== 'all') return;
  if (!existsSync(new URL('brief.json', folder))) return;
  const started = await startOrFind(ctx, folder);
  if (started === null || started.toldAt !== null) return;
  say('First start: writing a sample article from docs/samples with the offline writer (no key, no cost) ...');
  const pipeline = await waitForEnd(ctx, started.pipelineId, signal);
  if (pipeline === 'interrupted') return;
  for (const line of await tell(ctx, pipeline, url)) say(`  ${line}`);
  await ctx.db.transaction((tx) => writeSetting(tx, { ...started, toldAt: ctx.now().toISOString() }));
}

async function startOrFind(ctx: AppContext, folder: URL): Promise<z.infer<typeof setting> | null> {
  return ctx.db.transaction(async (tx) => {
    const [row] = await queryRows<{ value: unknown }>(
      tx,
      sql`select value from instance_settings where name = ${settingName}`,
    );
    if (row) return setting.parse(row.value);
    const ownerId = await ensureLocalOwner(tx);
    // Someone has an account already: they need no sample.
    if (ownerId === null) return null;
    const pipeline = await insertPipeline(ctx, tx, ownerId, readSampleBrief(folder));
    const value = { pipelineId: pipeline.id, toldAt: null };
    await writeSetting(tx, value);
    return value;
  });
}

function readSampleBrief(folder: URL) {
  const sample = sampleBrief.parse(JSON.parse(readFileSync(new URL('brief.json', folder), 'utf8')));
  return checkedBriefSchema.parse({
    ...sample,
    sources: sample.sources.map((name) => readSourceFile(new URL(name, folder))),
    model: 'offline',
    duplicates: 'allow',
  });
}

async function writeSetting(tx: Db, value: z.infer<typeof setting>): Promise<void> {
  await tx.execute(
    sql`insert into instance_settings (name, value) values (${settingName}, ${JSON.stringify(value)}::jsonb)
        on conflict (name) do update set value = excluded.value, updated_at = now()`,
  );
}

/** The pipeline when it has ended or waits for a person; null when it is gone; `interrupted` when `signal` aborts. */
async function waitForEnd(ctx: AppContext, id: string, signal: AbortSignal): Promise<Pipeline | null | 'interrupted'> {
  let wake: () => void = () => undefined;
  const unsubscribe = ctx.bus.subscribe(id, () => wake());
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const [row] = await ctx.db.select().from(pipelines).where(eq(pipelines.id, id));
      if (!row) return null;
      if (['succeeded', 'failed', 'cancelled'].includes(row.status)) return row;
      if (row.status === 'waiting' && row.waiting?.until === undefined) return row;
      if (!signal.aborted) await changed;
    }
    return 'interrupted';
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', onAbort);
  }
}

async function tell(ctx: AppContext, pipeline: Pipeline | null, url: string | null): Promise<string[]> {
  if (pipeline === null) return ['The sample pipeline was deleted; it is not written again.'];
  if (pipeline.status === 'succeeded' && pipeline.articleId) {
    const article = await presentArticle(ctx.db, await getArticle(ctx.db, pipeline.userId, pipeline.articleId));
    const address = url === null ? null : `${url}/articles/${article.id}`;
    return reportLines(article, await presentReceipt(ctx.db, pipeline), address);
  }
  const why = pipeline.error ? `${pipeline.error.message} ${pipeline.error.hint}` : (pipeline.waiting?.reason ?? '');
  return [
    `The sample article is ${pipeline.status}. ${why}`.trim(),
    'Everything else works; start an article of your own.',
  ];
}
