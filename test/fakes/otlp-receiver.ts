import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it arrived, its attributes as an object. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code: number; message?: string };
  attributes: Record<string, unknown>;
  service: Record<string, unknown>;
}

/** A local receiver of OTLP over HTTP in JSON. */
export interface OtlpReceiver {
  endpoint: string;
  spans: ReceivedSpan[];
  bodies: string[];
  headers: Record<string, unknown>[];
  /** What it answers with. */
  status: number;
  close(): Promise<void>;
}

type Raw = { key: string; value: Record<string, unknown> }[];
const asObject = (raw: Raw) =>
  Object.fromEntries(
    raw.map(({ key, value }) => [key, 'intValue' in value ? Number(value.intValue) : Object.values(value)[0]]),
  );

/** Starts it on any free port. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const http = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      receiver.bodies.push(body);
      receiver.headers.push({ ...request.headers });
      if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/json') {
        response.writeHead(404).end();
        return;
      }
      if (receiver.status === 200) {
        for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
          for (const { spans } of scopeSpans) {
            for (const span of spans) {
              receiver.spans.push({
                ...span,
                attributes: asObject(span.attributes),
                service: asObject(resource.attributes),
              });
            }
          }
        }
      }
      response.writeHead(receiver.status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const receiver: OtlpReceiver = {
    endpoint: `http://127.0.0.1:${port}`,
    spans: [],
    bodies: [],
    headers: [],
    status: 200,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return receiver;
}
