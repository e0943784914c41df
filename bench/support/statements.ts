import type { PoolClient } from 'pg';
import type { Database } from '../../src/db/open.ts';

/** What was sent to the database: statements, and the transactions that they stood in (one alone is one too). */
export interface Traffic {
  statements: number;
  transactions: number;
}

/** Counts from now on what goes to the database; pg's connections must not have been opened yet. */
export function countTraffic({ engine }: Database): Traffic {
  const traffic: Traffic = { statements: 0, transactions: 0 };
  if (engine.kind === 'postgres') {
    engine.pool.on('connect', (client: PoolClient) => countClient(client, traffic));
    return traffic;
  }
  const { pglite } = engine;
  const query = pglite.query.bind(pglite);
  const transaction = pglite.transaction.bind(pglite);
  pglite.query = ((...args: Parameters<typeof query>) => {
    traffic.statements++;
    traffic.transactions++;
    return query(...args);
  }) as typeof pglite.query;
  pglite.transaction = ((work) => {
    traffic.transactions++;
    return transaction((tx) => {
      const inner = tx.query.bind(tx);
      tx.query = ((...args: Parameters<typeof inner>) => {
        traffic.statements++;
        return inner(...args);
      }) as typeof tx.query;
      return work(tx);
    });
  }) as typeof pglite.transaction;
  return traffic;
}

function countClient(client: PoolClient, traffic: Traffic): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  let inTransaction = false;
  client.query = ((...args: unknown[]) => {
    const [first] = args;
    const text = typeof first === 'string' ? first : (first as { text: string }).text;
    const word = text.trimStart().slice(0, 8).toLowerCase();
    if (word.startsWith('begin')) {
      inTransaction = true;
      traffic.transactions++;
    } else if (word.startsWith('commit') || word.startsWith('rollback')) inTransaction = false;
    else {
      traffic.statements++;
      if (!inTransaction) traffic.transactions++;
    }
    return query(...args);
  }) as PoolClient['query'];
}

/**
 * The same traffic with nothing behind it: as many transactions with as many statements, each an insert of one row or
 * a look-up by key, through the same driver.
 */
export async function bareTraffic({ engine }: Database, traffic: Traffic): Promise<void> {
  const insert = 'insert into bench_rows (value) values ($1)';
  const select = 'select value from bench_rows where id = $1';
  const perTransaction = traffic.statements / traffic.transactions;
  let owed = 0;
  for (let index = 0; index < traffic.transactions; index++) {
    owed += perTransaction;
    const count = Math.round(owed);
    owed -= count;
    const run = async (query: (text: string, values: unknown[]) => Promise<unknown>) => {
      for (let one = 0; one < count; one++) await (one % 2 === 0 ? query(insert, ['x']) : query(select, [1]));
    };
    if (engine.kind === 'embedded') {
      await engine.pglite.transaction((tx) => run((text, values) => tx.query(text, values)));
      continue;
    }
    const client = await engine.pool.connect();
    await client.query('begin');
    await run((text, values) => client.query(text, values));
    await client.query('commit');
    client.release();
  }
}
