import { drizzle } from 'drizzle-orm/node-postgres';
import { Client } from 'pg';
import { closeContext, createContext } from '../src/app.ts';
import type { AppContext } from '../src/context.ts';
import type { Db } from '../src/db/open.ts';
import { createLogger } from '../src/logger.ts';
import { fillLarge, type LargeSize } from '../test/large-database.ts';
import { type Operation, operationsOn } from '../test/large-operations.ts';
import { noPostgres, openPostgresBench, postgresUrl } from './support/database.ts';
import { figure, type Measure, type MeasureOptions, timed } from './support/measure.ts';

const small: LargeSize = { users: 10, articles: 1_000, paragraphs: 8, callsPerArticle: 10 };
const large: LargeSize = { users: 1_000, articles: 100_000, paragraphs: 8, callsPerArticle: 10 };

/**
 * What lists, searches, sums and the looks of workers cost with 1,000 users, 100,000 articles and a million rows in the
 * ledger, against the same with a hundredth of it, on PostgreSQL. Each operation is the product's own function, and is
 * undone afterwards; the two databases take turns. The average account is equally large in both, the biggest grows with
 * the instance (from 200 articles to 20,000).
 */
export const scale: Measure = async (options) => {
  if (!postgresUrl) return { figures: [], notMeasured: [`growth on PostgreSQL: ${noPostgres}`] };
  const before = await open(postgresUrl, options.quick ? { ...small, paragraphs: 1, callsPerArticle: 2 } : small);
  const size = options.quick ? { users: 100, articles: 10_000, paragraphs: 1, callsPerArticle: 2 } : large;
  const after = await open(postgresUrl, size);
  try {
    const figures = [];
    for (const [index, operation] of after.operations.entries()) {
      const other = before.operations[index];
      if (other?.name !== operation.name) throw new Error(`${operation.name} has no counterpart`);
      const times = await inTurns(before.ctx, other, after.ctx, operation, options);
      const baseline = { what: 'with 1,000 articles', values: times.before };
      const what = `with ${size.articles.toLocaleString('en')} articles: ${operation.name} (${times.statements} statements)`;
      figures.push(figure(what, 'ms', times.after, { baseline, aimRatio: 1.5 }));
    }
    return { figures, notMeasured: [] };
  } finally {
    await before.close();
    await after.close();
  }
};

async function open(url: string, size: LargeSize) {
  const { database, config, secrets, remove } = await openPostgresBench(url);
  // Not over the product's connections, which give up what is silent for 20 s: a table of a million rows takes longer.
  const { engine } = database;
  if (engine.kind !== 'postgres') throw new Error('measured on PostgreSQL');
  const filling = new Client({ connectionString: String(engine.connection.connectionString) });
  await filling.connect();
  const accounts = await fillLarge(drizzle({ client: filling }) as unknown as Db, size);
  await filling.query('vacuum analyze');
  await filling.end();
  const limits = {
    budget: { userLimitMicroUsd: 1_000_000_000_000, instanceLimitMicroUsd: 1_000_000_000_000_000 },
    accounts: { ...config.accounts, articlesPerMonth: 1_000_000 },
  };
  const context = await createContext({ ...config, ...limits }, secrets, createLogger('warn'), database);
  // Vectors at once: the model of the embeddings costs the same whatever stands in the database.
  const { embedder } = context;
  const vector = Array.from({ length: embedder.dimensions }, (_, index) => Math.sin(index));
  const ctx = { ...context, embedder: { ...embedder, embed: async (texts: string[]) => texts.map(() => vector) } };
  return {
    ctx,
    operations: await operationsOn(ctx, accounts),
    async close() {
      await closeContext(context);
      await remove();
    },
  };
}

class Undone extends Error {}

/** Milliseconds that an operation takes here and there, alternately, and how many statements it is there. */
async function inTurns(
  here: AppContext,
  operationHere: Operation,
  there: AppContext,
  operationThere: Operation,
  { quick }: MeasureOptions,
) {
  const times = { before: [] as number[], after: [] as number[], statements: 0 };
  for (let round = -1; round < (quick ? 1 : 15); round++) {
    const before = await undone(here, operationHere);
    const after = await undone(there, operationThere);
    times.statements = after.statements;
    if (round < 0) continue;
    times.before.push(before.ms);
    times.after.push(after.ms);
  }
  return times;
}

async function undone(ctx: AppContext, operation: Operation): Promise<{ ms: number; statements: number }> {
  let ms = 0;
  let statements = 0;
  try {
    await ctx.db.transaction(async (tx) => {
      const client = (tx as unknown as { session: { client: { query(...args: unknown[]): unknown } } }).session.client;
      const query = client.query;
      client.query = (...args: unknown[]) => {
        statements += 1;
        return query.apply(client, args);
      };
      try {
        ms = await timed(() => operation.run({ ...ctx, db: tx }));
      } finally {
        client.query = query;
      }
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  return { ms, statements };
}
