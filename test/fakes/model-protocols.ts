import type { IncomingHttpHeaders } from 'node:http';

/** The protocols of the providers, as far as one question and one streamed answer need them. */
export type ProtocolName = 'chat' | 'responses' | 'anthropic' | 'google';

/** What every protocol says in its own way. */
export interface SentQuestion {
  model: string;
  instructions: string;
  /** User and assistant in turn. */
  messages: { role: string; text: string }[];
  maxOutputTokens: number | undefined;
  /** Whether the provider is asked to hold the answer to a schema. */
  schema: unknown;
  key: string | undefined;
}

/** Tokens that an answer reports; null: it reports none. */
export interface ReportedUsage {
  input: number;
  cached: number;
  cacheWrite: number;
  output: number;
  reasoning: number;
}

export type AnswerEnding = 'stop' | 'length' | 'refusal';

/** The kinds of error whose names and bodies differ between providers. */
export type ErrorKind =
  | 'invalid'
  | 'key'
  | 'permission'
  | 'model'
  | 'rate'
  | 'quota'
  | 'server'
  | 'overloaded'
  | 'context';

export interface Protocol {
  matches(path: string): boolean;
  read(path: string, headers: IncomingHttpHeaders, body: Record<string, unknown>): SentQuestion;
  /** The events of a streamed answer, as they go over the wire, the text in several pieces. */
  frames(model: string, text: string, usage: ReportedUsage | null, ending: AnswerEnding): string[];
  error(status: number, kind: ErrorKind): unknown;
}

type Json = Record<string, unknown>;

const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const event = (value: Json) => `event: ${String(value.type)}\n${data(value)}`;
const pieces = (text: string) => text.match(/[\s\S]{1,60}/g) ?? [];
const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content.map((part: Json) => String(part.text ?? '')).join('')
      : '';
const messagesOf = (list: unknown) =>
  (list as Json[]).map((message) => ({ role: String(message.role), text: textOf(message.content) }));
const bearer = (headers: IncomingHttpHeaders) => headers.authorization?.replace(/^Bearer /, '');
const isInstruction = ({ role }: { role: string }) => role === 'system' || role === 'developer';

function withInstructions(messages: { role: string; text: string }[]) {
  const instructions = messages.filter(isInstruction);
  return {
    instructions: instructions.map(({ text }) => text).join('\n'),
    messages: messages.filter((message) => !isInstruction(message)),
  };
}

const openaiCodes: Record<ErrorKind, string | null> = {
  invalid: null,
  key: 'invalid_api_key',
  permission: 'permission_denied',
  model: 'model_not_found',
  rate: 'rate_limit_exceeded',
  quota: 'insufficient_quota',
  server: null,
  overloaded: 'server_overloaded',
  context: 'context_length_exceeded',
};
const openaiError = (_status: number, kind: ErrorKind) => ({
  error: {
    message: words[kind],
    type: kind === 'key' ? 'invalid_request_error' : kind,
    param: null,
    code: openaiCodes[kind],
  },
});

const words: Record<ErrorKind, string> = {
  invalid: 'Something in the request is not right.',
  key: 'Incorrect API key provided: sk-very-secret. You can find your key in your account.',
  permission: 'This key may not be used for that.',
  model: 'The model does not exist or you do not have access to it.',
  rate: 'Rate limit reached.',
  quota: 'You exceeded your current quota, please check your plan and billing details.',
  server: 'The server had an error.',
  overloaded: 'Overloaded',
  context: 'This prompt is too long: maximum context length is 1000 tokens.',
};

const chat: Protocol = {
  matches: (path) => path === '/v1/chat/completions',
  read: (_path, headers, body) => ({
    model: String(body.model),
    ...withInstructions(messagesOf(body.messages)),
    maxOutputTokens: (body.max_completion_tokens ?? body.max_tokens) as number | undefined,
    schema: body.response_format,
    key: bearer(headers),
  }),
  frames(model, text, usage, ending) {
    const chunk = (delta: Json, finish: string | null = null) => ({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const key = ending === 'refusal' ? 'refusal' : 'content';
    return [
      data(chunk({ role: 'assistant', content: '' })),
      ...pieces(text).map((piece) => data(chunk({ [key]: piece }))),
      data(chunk({}, ending === 'length' ? 'length' : 'stop')),
      ...(usage
        ? [
            data({
              ...chunk({}),
              choices: [],
              usage: {
                prompt_tokens: usage.input,
                completion_tokens: usage.output,
                total_tokens: usage.input + usage.output,
                prompt_tokens_details: { cached_tokens: usage.cached },
                completion_tokens_details: { reasoning_tokens: usage.reasoning },
              },
            }),
          ]
        : []),
      'data: [DONE]\n\n',
    ];
  },
  error: openaiError,
};

const responses: Protocol = {
  matches: (path) => path === '/v1/responses',
  read: (_path, headers, body) => ({
    model: String(body.model),
    ...withInstructions(messagesOf(body.input)),
    maxOutputTokens: body.max_output_tokens as number | undefined,
    schema: (body.text as Json | undefined)?.format,
    key: bearer(headers),
  }),
  frames(model, text, usage, ending) {
    const response = { id: 'resp_1', object: 'response', created_at: 1, model, output: [], status: 'in_progress' };
    const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const refused = ending === 'refusal';
    const part = refused ? { type: 'refusal', refusal: text } : { type: 'output_text', text, annotations: [] };
    const done = { ...item, status: 'completed', content: [part] };
    const cut = ending === 'length';
    return [
      event({ type: 'response.created', response }),
      event({ type: 'response.output_item.added', output_index: 0, item }),
      ...pieces(text).map((piece) =>
        event({
          type: refused ? 'response.refusal.delta' : 'response.output_text.delta',
          ...place,
          delta: piece,
          logprobs: [],
        }),
      ),
      ...(refused ? [event({ type: 'response.refusal.done', ...place, refusal: text })] : []),
      event({ type: 'response.output_item.done', output_index: 0, item: done }),
      event({
        type: cut ? 'response.incomplete' : 'response.completed',
        response: {
          ...response,
          status: cut ? 'incomplete' : 'completed',
          output: [done],
          incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
          ...(usage
            ? {
                usage: {
                  input_tokens: usage.input,
                  input_tokens_details: { cached_tokens: usage.cached },
                  output_tokens: usage.output,
                  output_tokens_details: { reasoning_tokens: usage.reasoning },
                  total_tokens: usage.input + usage.output,
                },
              }
            : {}),
        },
      }),
    ];
  },
  error: openaiError,
};

const anthropicTypes: Record<ErrorKind, string> = {
  invalid: 'invalid_request_error',
  key: 'authentication_error',
  permission: 'permission_error',
  model: 'not_found_error',
  rate: 'rate_limit_error',
  quota: 'invalid_request_error',
  server: 'api_error',
  overloaded: 'overloaded_error',
  context: 'invalid_request_error',
};

const anthropic: Protocol = {
  matches: (path) => path === '/v1/messages',
  read: (_path, headers, body) => ({
    model: String(body.model),
    instructions: textOf(body.system),
    messages: messagesOf(body.messages),
    maxOutputTokens: body.max_tokens as number | undefined,
    schema: body.output_config ?? body.tools,
    key: headers['x-api-key'] as string | undefined,
  }),
  frames(model, text, usage, ending) {
    const first = usage
      ? {
          // Anthropic counts what its cache read and wrote beside the input.
          input_tokens: usage.input - usage.cached - usage.cacheWrite,
          cache_read_input_tokens: usage.cached,
          cache_creation_input_tokens: usage.cacheWrite,
          output_tokens: 1,
        }
      : undefined;
    const message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      usage: first,
    };
    const stop = { stop: 'end_turn', length: 'max_tokens', refusal: 'refusal' }[ending];
    return [
      ...(usage ? [event({ type: 'message_start', message })] : []),
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      ...pieces(text).map((piece) =>
        event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }),
      ),
      event({ type: 'content_block_stop', index: 0 }),
      ...(usage
        ? [
            event({
              type: 'message_delta',
              delta: { stop_reason: stop, stop_sequence: null },
              usage: { output_tokens: usage.output },
            }),
          ]
        : []),
      event({ type: 'message_stop' }),
    ];
  },
  error: (_status, kind) => ({
    type: 'error',
    error: {
      type: anthropicTypes[kind],
      message:
        kind === 'quota'
          ? 'Your credit balance is too low to access the API.'
          : kind === 'context'
            ? 'prompt is too long: 213462 tokens > 200000 maximum'
            : words[kind],
    },
  }),
};

const googleStatus: Record<ErrorKind, string> = {
  invalid: 'INVALID_ARGUMENT',
  key: 'INVALID_ARGUMENT',
  permission: 'PERMISSION_DENIED',
  model: 'NOT_FOUND',
  rate: 'RESOURCE_EXHAUSTED',
  quota: 'RESOURCE_EXHAUSTED',
  server: 'INTERNAL',
  overloaded: 'UNAVAILABLE',
  context: 'INVALID_ARGUMENT',
};

const google: Protocol = {
  matches: (path) => /^\/v1beta\/models\/[^/]+:streamGenerateContent/.test(path),
  read: (path, headers, body) => {
    const settings = body.generationConfig as Json | undefined;
    const contents = body.contents as { role: string; parts: unknown }[];
    return {
      model: /models\/([^/:]+):/.exec(path)?.[1] ?? '',
      instructions: textOf((body.systemInstruction as Json | undefined)?.parts),
      messages: contents.map(({ role, parts }) => ({
        role: role === 'model' ? 'assistant' : role,
        text: textOf(parts),
      })),
      maxOutputTokens: settings?.maxOutputTokens as number | undefined,
      schema: settings?.responseSchema ?? settings?.responseJsonSchema,
      key: headers['x-goog-api-key'] as string | undefined,
    };
  },
  frames(model, text, usage, ending) {
    const chunk = (parts: Json[], finishReason?: string) => ({
      candidates: [{ content: { role: 'model', parts }, index: 0, ...(finishReason ? { finishReason } : {}) }],
      modelVersion: model,
      responseId: 'r1',
    });
    const usageMetadata = usage && {
      promptTokenCount: usage.input,
      cachedContentTokenCount: usage.cached,
      candidatesTokenCount: usage.output - usage.reasoning,
      thoughtsTokenCount: usage.reasoning,
      totalTokenCount: usage.input + usage.output,
    };
    const finish = { stop: 'STOP', length: 'MAX_TOKENS', refusal: 'SAFETY' }[ending];
    const shown = ending === 'refusal' ? '' : text;
    return [
      ...pieces(shown).map((piece) => data(chunk([{ text: piece }]))),
      data({ ...chunk([{ text: '' }], finish), ...(usageMetadata ? { usageMetadata } : {}) }),
    ];
  },
  error: (status, kind) => ({
    error: {
      code: status,
      message:
        kind === 'key'
          ? 'API key not valid. Please pass a valid API key.'
          : kind === 'context'
            ? 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'
            : words[kind],
      status: googleStatus[kind],
      ...(kind === 'quota' ? { details: [{ reason: 'insufficient_quota' }] } : {}),
    },
  }),
};

export const protocols: Record<ProtocolName, Protocol> = { chat, responses, anthropic, google };
