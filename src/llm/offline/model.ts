import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  type LanguageModelV4GenerateResult,
  type LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { countWords } from '../../text/words.ts';
import { parseInput } from '../prompt.ts';
import { answerTask } from './answer.ts';

const modelId = 'extractive-1';
const provider = 'offline';

/**
 * The model that needs no key and no network: it answers the tasks of `tasks.ts` by choosing and ordering sentences of
 * the passages it is given, and quotes each word for word. The same question always gets the same answer. It reads the
 * last user message only: no instruction, least of all one inside a passage, changes what it does.
 *
 * Tokens are counted as words. Throws APICallError (status 400, not retryable) for a question it cannot read or answer.
 */
export function createOfflineModel(): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider,
    modelId,
    supportedUrls: {},
    doGenerate: generate,
    async doStream(options) {
      const result = await generate(options);
      const id = 'answer';
      const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
      return {
        stream: new ReadableStream({
          start(controller) {
            controller.enqueue({ type: 'stream-start', warnings: [] });
            controller.enqueue({ type: 'text-start', id });
            controller.enqueue({ type: 'text-delta', id, delta: text });
            controller.enqueue({ type: 'text-end', id });
            controller.enqueue({ type: 'finish', usage: result.usage, finishReason: result.finishReason });
            controller.close();
          },
        }),
      };
    },
  };
}

async function generate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
  options.abortSignal?.throwIfAborted();
  const question = lastUserText(options);
  const request = readRequest(question);
  let text: string;
  try {
    text = JSON.stringify(await answerTask(request.task, request.input));
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error), error);
  }
  return {
    content: [{ type: 'text', text }],
    finishReason: { unified: 'stop', raw: undefined },
    usage: usageOf(options, text),
    warnings: [],
  };
}

function lastUserText({ prompt }: LanguageModelV4CallOptions): string {
  const message = prompt.findLast((candidate) => candidate.role === 'user');
  if (message?.role !== 'user') throw refused('The offline writer was asked nothing: there is no user message.');
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function readRequest(question: string): { task: string; input: unknown } {
  let request: ReturnType<typeof parseInput>;
  try {
    request = parseInput(question);
  } catch (error) {
    throw refused('The offline writer could not read its question: the input is not valid JSON.', error);
  }
  if (!request) throw refused('The offline writer only answers the tasks of this program; the question names none.');
  return request;
}

function usageOf({ prompt }: LanguageModelV4CallOptions, answer: string): LanguageModelV4Usage {
  const texts = prompt.flatMap((message) =>
    message.role === 'system'
      ? [message.content]
      : message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])),
  );
  const input = texts.reduce((sum, text) => sum + countWords(text), 0);
  const output = countWords(answer);
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  };
}

/** The form in which providers report a request that they refuse, so that callers need no second way to read it. */
function refused(message: string, cause?: unknown): APICallError {
  return new APICallError({
    message,
    url: `${provider}:${modelId}`,
    requestBodyValues: {},
    statusCode: 400,
    isRetryable: false,
    cause,
  });
}
