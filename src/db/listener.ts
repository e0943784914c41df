import type { Client } from 'pg';
import { cutWhenSilent, silenceMs } from './guard-connection.ts';

/** One connection that listens for all channels of this process and comes back by itself when it is lost. */
export interface Listener {
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const reconnectMs = 1_000;
/** How often a connection on which nothing is announced is asked whether it is still there, in milliseconds. */
const heartbeatMs = silenceMs / 2;

/**
 * Creates the listener on first use. After a lost connection it reconnects every second and calls every subscriber once
 * with an empty payload, because notifications sent in between are gone: a subscriber then looks at the tables itself.
 */
export function createListener(newClient: () => Client): Listener {
  const subscribers = new Map<string, Set<(payload: string) => void>>();
  let connected: Promise<Client> | null = null;
  let current: Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let heartbeat: NodeJS.Timeout | undefined;
  let closed = false;

  async function connect(): Promise<Client> {
    const client = newClient();
    current = client;
    client.on('notification', (message) => {
      for (const notify of subscribers.get(message.channel) ?? []) notify(message.payload ?? '');
    });
    client.on('error', () => lost(client));
    client.on('end', () => lost(client));
    await client.connect();
    cutWhenSilent(client);
    for (const channel of subscribers.keys()) await client.query(`LISTEN "${channel}"`);
    // How it went is no matter: without an answer the connection is cut, and that is what is acted upon.
    heartbeat = setInterval(() => client.query('select 1').catch(() => undefined), heartbeatMs);
    return client;
  }

  function lost(client: Client): void {
    if (closed || current !== client) return;
    current = null;
    connected = null;
    clearInterval(heartbeat);
    client.removeAllListeners();
    // A broken client may emit once more while it closes; that error has already been handled by reconnecting.
    client.on('error', () => undefined);
    client.connection.stream.destroy();
    retry();
  }

  function retry(): void {
    timer ??= setTimeout(() => {
      timer = null;
      connected ??= connect();
      connected.then(
        () => {
          for (const set of subscribers.values()) for (const notify of set) notify('');
        },
        () => {
          connected = null;
          if (!closed) retry();
        },
      );
    }, reconnectMs);
  }

  return {
    async listen(channel, onPayload) {
      const first = !subscribers.has(channel);
      const set = subscribers.get(channel) ?? new Set();
      subscribers.set(channel, set.add(onPayload));
      const existing = connected;
      connected ??= connect();
      const client = await connected;
      if (existing && first) await client.query(`LISTEN "${channel}"`);
      return async () => {
        set.delete(onPayload);
      };
    },
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      clearInterval(heartbeat);
      const client = await connected?.catch(() => null);
      client?.removeAllListeners();
      await client?.end();
    },
  };
}
