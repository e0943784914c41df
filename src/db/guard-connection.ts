import type { Socket } from 'node:net';
import type { Client, ClientBase } from 'pg';

/**
 * How long a connection may wait for a word of the server, in milliseconds. A network that swallows packets, or a server
 * that is gone without a trace, tells nobody: without this a statement waits for a quarter of an hour, and a connection
 * that only listens for ever. No statement of the product takes nearly as long.
 */
export const silenceMs = 20_000;
/** What has come meanwhile is read within this time: a process that was frozen finds both, the timer first. */
const readMs = 1_000;
/**
 * How long the server waits for the next statement of a transaction before it takes it back, in milliseconds: what a
 * frozen or unreachable process has locked would keep others from going on with its work. Shorter than a lease.
 */
const transactionIdleMs = 10_000;

/** Its socket, under TLS the one that is encrypted; both are sockets by the time that a client is connected. */
const stream = (client: ClientBase) => (client as Client).connection.stream as Socket;

/** Cuts the connection once it has been silent for {@link silenceMs}: whoever waits on it gets ETIMEDOUT. */
export function cutWhenSilent(client: ClientBase): void {
  const socket = stream(client);
  socket.setTimeout(silenceMs, () => {
    const before = socket.bytesRead;
    setTimeout(() => {
      if (socket.bytesRead !== before || socket.destroyed) return;
      const message = `The database has been silent for ${silenceMs / 1000} s.`;
      socket.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }));
    }, readMs).unref();
  });
}

/** Lets a connection wait as long as it takes, for what may: migrations. */
export function waitWithoutLimit(client: ClientBase): void {
  stream(client).setTimeout(0);
}

/**
 * Makes a new connection one that ends when the other side is gone, here and on the server, which keeps count of its
 * connections. Settings, not parameters of the start: poolers refuse those they do not know.
 */
export async function guardConnection(client: ClientBase): Promise<void> {
  cutWhenSilent(client);
  await client.query(
    `set idle_in_transaction_session_timeout = ${transactionIdleMs};
     set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3`,
  );
}
