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

/** One direction of a connection: what is kept back on it, and whether anything ever arrives again. */
class Way {
  private readonly to: Socket;
  private kept: Buffer[] = [];
  private dead = false;
  constructor(to: Socket) {
    this.to = to;
  }
  send(bytes: Buffer, blocked: boolean): void {
    if (this.dead) return;
    if (blocked) this.kept.push(bytes);
    else this.to.write(bytes);
  }
  deliver(): void {
    for (const bytes of this.kept.splice(0)) this.to.write(bytes);
  }
  die(): void {
    this.dead = true;
    this.kept = [];
  }
}

/** Starts a proxy on loopback in front of the database that `databaseUrl` names. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const links = new Set<{ client: Socket; out: Way; back: Way }>();
  let look: (text: string, connection: number) => void = () => undefined;
  let [outBlocked, backBlocked] = [false, false];
  let count = 0;

  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port || 5432) });
    const link = { client, out: new Way(upstream), back: new Way(client) };
    const connection = ++count;
    links.add(link);
    client.on('data', (bytes) => {
      look(bytes.toString('latin1'), connection);
      link.out.send(bytes, outBlocked);
    });
    upstream.on('data', (bytes) => link.back.send(bytes, backBlocked));
    // The end of one side is the end of the other; why it ended, each side says itself.
    for (const side of [client, upstream]) {
      side.on('error', () => side.destroy());
      side.on('close', () => {
        links.delete(link);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  const open = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = () => {
    for (const { client } of links) client.resetAndDestroy();
  };
  const shut = () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    cut();
    return closed;
  };
  const unblock = () => {
    outBlocked = backBlocked = false;
    for (const { out, back } of links) {
      out.deliver();
      back.deliver();
    }
  };
  await open(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).toString(),
    watch: (next) => {
      look = next;
    },
    hold: () => {
      backBlocked = true;
    },
    release: unblock,
    partition: (lost = 'everything') => {
      outBlocked = lost === 'everything';
      backBlocked = true;
    },
    heal: (before) => {
      if (before === 'dead') {
        for (const { out, back } of links) {
          out.die();
          back.die();
        }
      }
      unblock();
    },
    cut,
    goAway: shut,
    comeBack: () => open(port),
    close: shut,
  };
}
