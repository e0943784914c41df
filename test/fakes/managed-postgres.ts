import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** A PostgreSQL behind TLS, as providers run it. */
export interface ManagedPostgres {
  port: number;
  /** The certificate of its authority, which no machine knows by itself. */
  ca: string;
  /** Connections that were encrypted, and that were refused because they were not. */
  counts: { encrypted: number; plain: number };
  close(): Promise<void>;
}

/** What a client sends first when it wants TLS: length 8, and a number that is no version of the protocol. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const fixtures = new URL('../../src/net/__fixtures__/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, fixtures), 'utf8');

/**
 * Stands in front of the server that `databaseUrl` names and speaks TLS for it, with a certificate for localhost by an
 * authority of its own; who does not ask for TLS is turned away, as managed servers do.
 */
export async function startManagedPostgres(databaseUrl: string): Promise<ManagedPostgres> {
  const target = new URL(databaseUrl);
  const counts = { encrypted: 0, plain: 0 };
  const sockets = new Set<Socket>();
  const serve = (client: Socket) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => sockets.delete(client));
    client.once('data', (first: Buffer) => {
      if (!first.equals(sslRequest)) {
        counts.plain++;
        client.end(refusal());
        return;
      }
      counts.encrypted++;
      client.write('S');
      const secure = new TLSSocket(client, {
        isServer: true,
        cert: fixture('valid.pem'),
        key: fixture('server.key.pem'),
      });
      const upstream = connect({ host: target.hostname, port: Number(target.port || 5432) });
      // Either end that goes takes the other with it.
      for (const [one, other] of [
        [secure, upstream],
        [upstream, secure],
      ] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
        one.pipe(other);
      }
    });
  };
  // The certificate is for localhost and 127.0.0.1; the other address shows what a wrong name leads to.
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const elsewhere = createServer(serve);
  await new Promise<void>((resolve) => elsewhere.listen(port, '127.0.0.2', resolve));
  return {
    port,
    ca: fixture('ca.pem'),
    counts,
    async close() {
      const closed = [server, elsewhere].map((one) => new Promise((resolve) => one.close(resolve)));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

/** A FATAL error of the server, as PostgreSQL words it where pg_hba.conf has no line without TLS. */
function refusal(): Buffer {
  const fields = ['SFATAL', 'C28000', 'Mno pg_hba.conf entry for host, no encryption', ''].map((field) => `${field}\0`);
  const body = Buffer.from(fields.join(''));
  const head = Buffer.alloc(5, 'E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
