import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a process and its PostgreSQL. */
export interface DatabaseProxy {
  /** The address of the database through it. */
  readonly url: string;
  /** Shows `look` what clients send. It goes on after that, unless the look itself has cut the way. */
  watch(look: (text: string, connection: number) => void): void;
  /** From now on everything that the server answers is kept back. */
  hold(): void;
  /** Hands over what was kept back, in its order. */
  release(): void;
  /**
   * A network that swallows what is sent and tells nobody: connections stay, and nothing arrives on them or on new ones.
   * `answers`: what clients send arrives, and only what the server says is lost.
   */
  partition(lost?: 'everything' | 'answers'): void;
  /**
   * Ends a partition. What was sent meanwhile arrives late (`late`, as after a short one), or the connections from before
   * stay without a word for ever (`dead`, half-open: whatever kept them in mind has forgotten them).
   */
  heal(before: 'late' | 'dead'): void;
  /** Cuts every connection; new ones are taken. */
  cut(): void;
  /** Cuts every connection and refuses new ones, as a server that is restarted. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** One connection through the proxy: both of its ends, and what is kept back on the way. */
interface Link {
  client: Socket;
  upstream: Socket;
  toServer: Buffer[];
  toClient: Buffer[];
  /** Nothing goes over it any more, not even its end. */
  dead: boolean;
}

/** Starts a proxy on loopback in front of the database that `databaseUrl` names. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const links = new Set<Link>();
  let look: (text: string, connection: number) => void = () => undefined;
  const blocked = { toServer: false, toClient: false };
  let count = 0;

  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port || 5432) });
    const link: Link = { client, upstream, toServer: [], toClient: [], dead: false };
    const connection = ++count;
    links.add(link);
    client.on('data', (bytes) => {
      look(bytes.toString('latin1'), connection);
      link.toServer.push(bytes);
      pass(link);
    });
    upstream.on('data', (bytes) => {
      link.toClient.push(bytes);
      pass(link);
    });
    for (const side of [client, upstream]) {
      // Why it ended, each side says itself.
      side.on('error', () => side.destroy());
      side.on('close', () => pass(link));
    }
  });

  /** Hands over what may go, the end of a side included. */
  function pass(link: Link): void {
    const { client, upstream, dead } = link;
    const directions = [
      { open: !blocked.toServer, from: client, to: upstream, kept: link.toServer },
      { open: !blocked.toClient, from: upstream, to: client, kept: link.toClient },
    ];
    for (const { open, from, to, kept } of directions) {
      if (dead) kept.length = 0;
      if (!open || dead) continue;
      for (const bytes of kept.splice(0)) to.write(bytes);
      if (from.destroyed) to.destroy();
    }
    if (client.destroyed && upstream.destroyed) links.delete(link);
  }
  const passAll = () => {
    for (const link of links) pass(link);
  };
  const open = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = () => {
    for (const { client, upstream } of links) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  };
  const shut = () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    cut();
    return closed;
  };
  const block = (what: Partial<typeof blocked>) => {
    Object.assign(blocked, what);
    passAll();
  };
  await open(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).toString(),
    watch: (next) => {
      look = next;
    },
    hold: () => block({ toClient: true }),
    release: () => block({ toServer: false, toClient: false }),
    partition: (lost = 'everything') => block({ toServer: lost === 'everything', toClient: true }),
    heal: (before) => {
      if (before === 'dead') for (const link of links) link.dead = true;
      block({ toServer: false, toClient: false });
    },
    cut,
    goAway: shut,
    comeBack: () => open(port),
    close: shut,
  };
}
