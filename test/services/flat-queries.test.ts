import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { fillLarge, type LargeSize } from '../large-database.ts';
import { type Operation, operationsOn } from '../large-operations.ts';
import { needed } from './environment.ts';

/*
 * What must not grow with an instance, without a clock: the product's own statements are explained while they run, in two
 * instances of which one has ten times the tenants. `bench/scale.ts` has the times.
 */

/** Tables that grow with every article, whoever writes it. */
const growing = new Set(
  'articles,article_embeddings,article_revisions,article_sources,claims,paid_calls,pipeline_events,pipeline_sources,pipeline_steps,pipelines,publications,schedule_runs,site_posts,sources,topics'.split(
    ',',
  ),
);
/** What is a sum or a comparison over all that one account has. */
const ofAllThatIsTheirs = ['usage', 'near-duplicates', 'links', 'common word', 'begun'];
/** A fifth of everything is best read from one end to the other. */
const readsAllOfTheBiggest = (name: string) =>
  name.endsWith('biggest account') && ofAllThatIsTheirs.some((part) => name.includes(part));

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}
/** How an operation read the growing tables: how many rows in all, and where it read a table from one end to the other. */
interface Reading {
  rows: number;
  whole: string[];
}

let few: TestApp;
let many: TestApp;
let readings: Map<string, { few: Reading; many: Reading }>;

beforeAll(async () => {
  needed('TEST_DATABASE_URL');
  const size = { paragraphs: 1, callsPerArticle: 3 };
  const small = await filled({ ...size, users: 10, articles: 1_000 });
  const large = await filled({ ...size, users: 100, articles: 10_000 });
  [few, many] = [small.app, large.app];
  readings = new Map();
  for (const [index, operation] of large.operations.entries()) {
    const counterpart = small.operations[index] as Operation;
    const both = { few: await readingOf(few.ctx, counterpart), many: await readingOf(many.ctx, operation) };
    readings.set(operation.name, both);
  }
}, 300_000);
afterAll(async () => {
  await few?.close();
  await many?.close();
});

async function filled(size: LargeSize): Promise<{ app: TestApp; operations: Operation[] }> {
  const app = await startTestApp();
  const { ctx } = app;
  ctx.config.accounts = { ...ctx.config.accounts, articlesPerMonth: 1_000_000 };
  ctx.config.budget = { userLimitMicroUsd: 1_000_000_000_000, instanceLimitMicroUsd: 1_000_000_000_000_000 };
  const vector = Array.from({ length: ctx.embedder.dimensions }, (_, index) => Math.sin(index));
  ctx.embedder = { ...ctx.embedder, embed: async (texts) => texts.map(() => vector) };
  const accounts = await fillLarge(ctx.db, size);
  await ctx.db.execute(sql`vacuum analyze`);
  return { app, operations: await operationsOn(ctx, accounts) };
}

class Undone extends Error {}

/** Runs an operation in a transaction that is undone, and explains each of its statements right before it. */
async function readingOf(ctx: TestContext, operation: Operation): Promise<Reading> {
  const reading: Reading = { rows: 0, whole: [] };
  const work = ctx.db.transaction(async (tx) => {
    const { client } = (tx as unknown as { session: { client: Client } }).session;
    const { query } = client;
    client.query = async (...[statement, values]: Parameters<Client['query']>) => {
      const text = typeof statement === 'string' ? statement : statement.text;
      if (/^\s*(select|with|insert|update|delete)/i.test(text)) {
        await query.call(client, 'savepoint explained');
        const answer = await query.call(client, `explain (analyze, costs off, format json) ${text}`, values);
        const [{ 'QUERY PLAN': plan } = { 'QUERY PLAN': [] }] = answer.rows as { 'QUERY PLAN': { Plan: PlanNode }[] }[];
        for (const { Plan } of plan) look(Plan, reading);
        await query.call(client, 'rollback to savepoint explained');
      }
      return query.call(client, statement, values);
    };
    try {
      await operation.run({ ...ctx, db: tx });
    } finally {
      client.query = query;
    }
    throw new Undone();
  });
  await work.catch((error) => {
    if (!(error instanceof Undone)) throw error;
  });
  return reading;
}

interface Client {
  query(statement: string | { text: string }, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

function look(node: PlanNode, reading: Reading): void {
  const table = node['Relation Name'];
  if (table && growing.has(table)) {
    const each =
      node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
    reading.rows += each * node['Actual Loops'];
    if (node['Node Type'] === 'Seq Scan' && node['Actual Loops'] > 0) reading.whole.push(table);
  }
  for (const child of node.Plans ?? []) look(child, reading);
}

test('no statement of a list, a search or a sweep reads a growing table from one end to the other', () => {
  expect(readings.size).toBeGreaterThan(40);
  const whole = [...readings]
    .filter(([name]) => !readsAllOfTheBiggest(name))
    .flatMap(([name, { many }]) => many.whole.map((table) => `${name}: ${table}`));
  expect(whole).toEqual([]);
});

test('what an account reads does not grow with the rows of others', () => {
  const grown = [...readings]
    .filter(([name]) => name.endsWith('average account'))
    .filter(([, { few, many }]) => many.rows > 2 * few.rows + 200);
  expect(grown).toEqual([]);
});

test('a page of a list reads a page, however much stands before and behind it', () => {
  const pages = [...readings].filter(([name]) => name.endsWith('biggest account') && !readsAllOfTheBiggest(name));
  expect(pages.length).toBeGreaterThan(15);
  // The overview has the first of six lists, and says how much is under way and has failed.
  const most = (name: string) => (name.startsWith('overview') ? 1_500 : 800);
  expect(pages.filter(([name, { many }]) => many.rows > most(name))).toEqual([]);
});

test('to take the next pipeline, publication or schedule does not take longer with more of those that are done', () => {
  const taking = [...readings].filter(([name]) => /^(dequeue|due schedules, none)/.test(name));
  expect(taking).toHaveLength(3);
  expect(taking.filter(([, { many }]) => many.rows > 800)).toEqual([]);
});
