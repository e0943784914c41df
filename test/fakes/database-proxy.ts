import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a process and its PostgreSQL. */
export interface DatabaseProxy {
  /** The address of the database through it. */
  readonly url: string;
  /** Shows `look` what clients send, statements with their parameters, before the server gets it. */
  watch(look: (sent: string) => void): void;
  /** From now on everything that the server answers is kept back. */
  hold(): void;
  /** Hands over what was kept back, in its order. */
  release(): void;
  /** Cuts every connection and refuses new ones, as a server that is restarted. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy on loopback in front of the database that `databaseUrl` names. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const clients = new Set<Socket>();
  let look: (sent: string) => void = () => undefined;
  let kept: (() => void)[] | null = null;

  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port || 5432) });
    clients.add(client);
    client.on('data', (bytes) => {
      look(bytes.toString('latin1'));
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (kept) kept.push(() => client.write(bytes));
      else client.write(bytes);
    });
    // The end of one side is the end of the other; why it ended, each side says itself.
    for (const side of [client, upstream]) {
      side.on('error', () => side.destroy());
      side.on('close', () => {
        clients.delete(client);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  const open = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const shut = () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const client of clients) client.resetAndDestroy();
    return closed;
  };
  await open(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).toString(),
    watch: (next) => {
      look = next;
    },
    hold: () => {
      kept ??= [];
    },
    release: () => {
      const due = kept ?? [];
      kept = null;
      for (const hand of due) hand();
    },
    goAway: shut,
    comeBack: () => open(port),
    close: shut,
  };
}
