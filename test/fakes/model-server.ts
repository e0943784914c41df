import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseInput } from '../../src/llm/prompt.ts';
import type { TaskName } from '../../src/llm/tasks.ts';
import { type ImageCall, imageError, imageProtocolOf, imageProtocols } from './image-protocols.ts';
import {
  type AnswerEnding,
  type ErrorKind,
  type ProtocolName,
  protocols,
  type ReportedUsage,
  type SentQuestion,
} from './model-protocols.ts';
import type { Script } from './scripted-model.ts';

/** What reached the provider. */
export interface ProviderCall extends SentQuestion {
  protocol: ProtocolName;
  task: TaskName;
  /** As it was sent. */
  body: Record<string, unknown>;
  /** Of this task, counted from 1. */
  count: number;
}

/** How a test takes an answer into its own hands. */
export interface Wire {
  response: ServerResponse;
  /** What the script answers. */
  text(): Promise<string>;
  /** Sends a whole streamed answer. */
  answer(text: string, options?: { usage?: ReportedUsage | null; ending?: AnswerEnding }): void;
  /** Sends the first half of a streamed answer and leaves it open. */
  half(text: string): void;
  /** The events of an answer, for sending them one by one. */
  frames(text: string): string[];
  /** Answers with an error in the words of the protocol. */
  fail(status: number, kind: ErrorKind, headers?: Record<string, string>): void;
  /** Ends the connection without a word. */
  cut(): void;
}

/** A local server that speaks the protocols of OpenAI, Anthropic and Google, streams, and counts what it would bill. */
export interface ModelServer {
  /** Base address for OpenAI's protocols. */
  url: string;
  urls: { openai: string; anthropic: string; google: string };
  calls: ProviderCall[];
  /** Requests for the list of models, by which keys are checked: each with its protocol and its key. */
  checks: { protocol: ProtocolName; key: string | undefined }[];
  /** How requests with a key are refused, those for the list of models as well. */
  refusals: Map<string, { status: number; kind: ErrorKind }>;
  /** Called before each answer; may take its time, answer by itself (and return true), or cut the connection. */
  intercept: ((call: ProviderCall, wire: Wire) => Promise<boolean> | boolean) | null;
  /** Requests for images. */
  images: ImageCall[];
  /** What such a request is answered with: a file, a refusal by policy, an error, or an ending without a word. */
  draw: (call: ImageCall) => Promise<ImageReply> | ImageReply;
  close(): Promise<void>;
}

export type ImageReply = Buffer | 'declined' | 'cut' | { status: number; kind: ErrorKind };

/** What every answer reports unless a test says otherwise. */
export const usualUsage: ReportedUsage = { input: 1000, cached: 400, cacheWrite: 0, output: 100, reasoning: 60 };

/** Starts it on a free port of the loopback address; `script` says what is answered to each task. */
export async function startModelServer(script: Script): Promise<ModelServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) return response.destroy();
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: String(error) } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fake: ModelServer = {
    url: `${origin}/v1`,
    urls: { openai: `${origin}/v1`, anthropic: `${origin}/v1`, google: `${origin}/v1beta` },
    calls: [],
    checks: [],
    refusals: new Map(),
    intercept: null,
    images: [],
    draw: () => Buffer.from('no picture'),
    close,
  };
  return fake;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? '';
    if (request.method === 'GET' && /^\/v1(beta)?\/models(\?|$)/.test(path)) return listModels(request, response);
    const found = Object.entries(protocols).find(([, protocol]) => protocol.matches(path));
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
    const drawn = imageProtocolOf(path);
    if (drawn)
      return drawImage({ protocol: drawn, body, ...imageProtocols[drawn].read(path, request.headers, body) }, response);
    const sent = found?.[1].read(path, request.headers, body);
    const parsed = sent && parseInput(sent.messages.find(({ role }) => role === 'user')?.text ?? '');
    if (!found || !sent || !parsed) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: 'not found' } }));
      return;
    }
    const [name, protocol] = found;
    const task = parsed.task as TaskName;
    const count = fake.calls.filter((one) => one.task === task).length + 1;
    const call: ProviderCall = { ...sent, protocol: name as ProtocolName, task, body, count };
    fake.calls.push(call);
    const wire: Wire = {
      response,
      async text() {
        const respond = script[task] as ((input: unknown, count: number) => unknown) | undefined;
        const result = await respond?.(parsed.input, count);
        return typeof result === 'string' ? result : JSON.stringify(result);
      },
      answer(text, { usage = usualUsage, ending = 'stop' } = {}) {
        begin(response);
        response.end(protocol.frames(sent.model, text, usage, ending).join(''));
      },
      half(text) {
        const frames = protocol.frames(sent.model, text, usualUsage, 'stop');
        begin(response);
        response.write(frames.slice(0, Math.ceil(frames.length / 2)).join(''));
      },
      frames: (text) => protocol.frames(sent.model, text, usualUsage, 'stop'),
      fail(status, kind, headers = {}) {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(protocol.error(status, kind)));
      },
      cut: () => response.destroy(),
    };
    const refusal = fake.refusals.get(sent.key ?? '');
    if (refusal) return wire.fail(refusal.status, refusal.kind);
    if (await fake.intercept?.(call, wire)) return;
    wire.answer(await wire.text());
  }

  async function drawImage(call: ImageCall, response: ServerResponse): Promise<void> {
    fake.images.push(call);
    const refusal = fake.refusals.get(call.key ?? '');
    const reply = refusal ?? (await fake.draw(call));
    if (reply === 'cut') return void response.destroy();
    const { image, declined } = imageProtocols[call.protocol];
    const [status, content] =
      reply === 'declined'
        ? declined
        : Buffer.isBuffer(reply)
          ? [200, image(reply)]
          : [reply.status, imageError(call.protocol, reply.status, reply.kind)];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(content));
  }

  /** As strict about where the key stands as the providers are. */
  function listModels({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const google = url.startsWith('/v1beta/');
    const protocol = google ? 'google' : headers['anthropic-version'] ? 'anthropic' : 'responses';
    const bearer = headers.authorization?.replace(/^Bearer /, '');
    const key = { google: headers['x-goog-api-key'], anthropic: headers['x-api-key'], responses: bearer }[protocol];
    fake.checks.push({ protocol, key: key?.toString() });
    const refusal = key ? fake.refusals.get(key.toString()) : { status: 401, kind: 'key' as const };
    response.writeHead(refusal?.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(refusal ? protocols[protocol].error(refusal.status, refusal.kind) : { data: [] }));
  }

  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
}
