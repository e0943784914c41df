import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface Received {
  id: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** A real HTTP server on loopback that takes webhooks. */
export interface WebhookReceiver {
  /** `127.0.0.1:port`, for ALLOW_PRIVATE_HOSTS. */
  host: string;
  url: string;
  received: Received[];
  /** How it answers; 204 unless told. Whoever answers nothing hangs. */
  answer: (response: ServerResponse, request: Received) => void;
  /** Requests that are open at this moment for a delivery, and the most there ever were for one. */
  mostAtOnce(): number;
  /** Forgets what came and answers 204 again. */
  reset(): void;
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const welcome = (response: ServerResponse) => void response.writeHead(204).end();
  const open = new Map<string, number>();
  let most = 0;
  const server = createServer(async (request: IncomingMessage, response) => {
    const id = String(request.headers['webhook-id'] ?? '');
    open.set(id, (open.get(id) ?? 0) + 1);
    most = Math.max(most, open.get(id) ?? 0);
    response.on('close', () => open.set(id, (open.get(id) ?? 1) - 1));
    let body = '';
    for await (const chunk of request) body += chunk;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const one = { id, method: request.method ?? '', path: request.url ?? '', headers, body };
    receiver.received.push(one);
    receiver.answer(response, one);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const receiver: WebhookReceiver = {
    host,
    url: `http://${host}/hooks`,
    received: [],
    answer: welcome,
    mostAtOnce: () => most,
    reset() {
      receiver.received = [];
      receiver.answer = welcome;
      most = 0;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}
