import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseInput } from '../../src/llm/prompt.ts';
import type { TaskName } from '../../src/llm/tasks.ts';
import type { Script } from './scripted-model.ts';

/** What reached the provider: the task, and the body as it was sent. */
export interface ProviderCall {
  task: TaskName;
  /** As sent to chat completions; what comes to the responses API is put into the same form. */
  body: {
    model: string;
    max_tokens?: number;
    messages: { role: string; content: string }[];
    response_format?: unknown;
  };
  authorization: string | undefined;
}

/** A local server that speaks OpenAI's chat completions and answers by script; it counts what it would bill. */
export interface OpenAiServer {
  url: string;
  calls: ProviderCall[];
  /** Called before each answer; may take its time, answer by itself (and return true), or cut the connection. */
  intercept: ((call: ProviderCall, response: ServerResponse) => Promise<boolean> | boolean) | null;
  close(): Promise<void>;
}

/** Every answer reports 1000 input tokens, 400 of them cached, and 100 output tokens. */
export async function startOpenAiServer(script: Script): Promise<OpenAiServer> {
  const fake: OpenAiServer = { url: '', calls: [], intercept: null, close };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: String(error) } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return fake;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = JSON.parse(Buffer.concat(chunks).toString()) as ProviderCall['body'] & ResponsesBody;
    const responses = request.url === '/v1/responses';
    const body = responses ? asChat(sent) : sent;
    const parsed = parseInput(body.messages.findLast((message) => message.role === 'user')?.content ?? '');
    if (!(responses || request.url === '/v1/chat/completions') || !parsed) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: 'not found' } }));
      return;
    }
    const call: ProviderCall = { task: parsed.task as TaskName, body, authorization: request.headers.authorization };
    fake.calls.push(call);
    if (await fake.intercept?.(call, response)) return;
    const respond = script[call.task] as ((input: unknown, count: number) => unknown) | undefined;
    const result = await respond?.(parsed.input, fake.calls.filter((one) => one.task === call.task).length);
    const text = typeof result === 'string' ? result : JSON.stringify(result);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(responses ? responsesAnswer(body.model, text) : chatAnswer(body.model, text)));
  }

  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The parts of a request to the responses API that matter here. */
interface ResponsesBody {
  input: { role: string; content: string | { text?: string }[] }[];
  max_output_tokens?: number;
  text?: { format?: unknown };
}

function asChat(sent: ProviderCall['body'] & ResponsesBody): ProviderCall['body'] {
  const text = (content: ResponsesBody['input'][number]['content']) =>
    typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
  return {
    model: sent.model,
    messages: sent.input.map(({ role, content }) => ({ role, content: text(content) })),
    ...(sent.max_output_tokens === undefined ? {} : { max_tokens: sent.max_output_tokens }),
    response_format: sent.text?.format,
  };
}

function chatAnswer(model: string, content: string): unknown {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 100,
      total_tokens: 1100,
      prompt_tokens_details: { cached_tokens: 400 },
    },
  };
}

function responsesAnswer(model: string, text: string): unknown {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model,
    output: [
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text, annotations: [] }],
      },
    ],
    usage: {
      input_tokens: 1000,
      input_tokens_details: { cached_tokens: 400 },
      output_tokens: 100,
      output_tokens_details: { reasoning_tokens: 60 },
      total_tokens: 1100,
    },
  };
}
