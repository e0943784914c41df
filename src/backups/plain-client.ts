import type { Client, PoolConfig } from 'pg';
import type { Ask } from './tables.ts';

/**
 * A connection that may be silent for as long as a backup takes: without the guards that cut off those of the product. That
 * the other side is gone is noticed by the keep-alive packets of TCP, on both sides, within half a minute.
 */
export async function connectPlain(connection: PoolConfig, database?: string): Promise<Client> {
  const pg = (await import('pg')).default;
  const { onConnect: _, connectionString = '', ...rest } = connection as PoolConfig & { onConnect?: unknown };
  const url = new URL(connectionString);
  if (database !== undefined) url.pathname = `/${encodeURIComponent(database)}`;
  const client = new pg.Client({
    ...rest,
    connectionString: url.toString(),
    application_name: 'blog-poster backup',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // What is being asked reports its own error; without a handler the event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  await client.query(
    'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set idle_in_transaction_session_timeout = 0; set statement_timeout = 0',
  );
  return client;
}

export function askOf(client: Pick<Client, 'query'>): Ask {
  return async <Row>(text: string) => (await client.query(text)).rows as Row[];
}
