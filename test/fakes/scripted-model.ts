import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { ResolvedModel } from '../../src/llm/models.ts';
import { parseInput } from '../../src/llm/prompt.ts';
import type { TaskInput, TaskName, TaskOutput } from '../../src/llm/tasks.ts';

/** What the scripted model answers to each task: a value, or text to send as it is, or an error to throw. */
export type Script = {
  [N in TaskName]?: (
    input: TaskInput<N>,
    call: number,
  ) => TaskOutput<N> | string | Error | Promise<TaskOutput<N> | string | Error>;
};

/** A model that answers by script and records what it was asked. */
export interface ScriptedModel {
  resolved: ResolvedModel;
  /** The tasks asked so far, in order. */
  asked: TaskName[];
  /** The whole prompts, for tests that look at what a model is shown. */
  prompts: string[];
}

/** Prices are 1 and 2 dollars per million tokens; every answer reports 1000 input and 100 output tokens. */
export function scriptedModel(script: Script): ScriptedModel {
  const asked: TaskName[] = [];
  const prompts: string[] = [];
  const answer = async (options: LanguageModelV4CallOptions): Promise<string> => {
    const text = options.prompt
      .flatMap((message) => (message.role === 'user' ? message.content : []))
      .slice(0, 1)
      .map((part) => (part.type === 'text' ? part.text : ''))
      .join('');
    prompts.push(text);
    const parsed = parseInput(text);
    if (!parsed) throw new Error('the prompt cannot be read');
    const task = parsed.task as TaskName;
    asked.push(task);
    const respond = script[task] as ((input: unknown, call: number) => unknown) | undefined;
    if (!respond) throw new Error(`the script has no answer to "${task}"`);
    const call = asked.filter((name) => name === task).length;
    const result = await respond(parsed.input, call);
    if (result instanceof Error) throw result;
    return typeof result === 'string' ? result : JSON.stringify(result);
  };
  const languageModel: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted-1',
    supportedUrls: {},
    async doGenerate(options) {
      return {
        content: [{ type: 'text', text: await answer(options) }],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: {
          inputTokens: { total: 1000, noCache: 1000, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 100, text: 100, reasoning: 0 },
        },
        warnings: [],
      };
    },
    async doStream(options) {
      const { content, usage, finishReason } = await this.doGenerate(options);
      const id = 'answer';
      return {
        stream: new ReadableStream({
          start(controller) {
            controller.enqueue({ type: 'stream-start', warnings: [] });
            controller.enqueue({ type: 'text-start', id });
            for (const part of content)
              if (part.type === 'text') controller.enqueue({ type: 'text-delta', id, delta: part.text });
            controller.enqueue({ type: 'text-end', id });
            controller.enqueue({ type: 'finish', usage, finishReason });
            controller.close();
          },
        }),
      };
    },
  };
  return {
    asked,
    prompts,
    resolved: {
      id: 'scripted:one',
      provider: 'scripted',
      languageModel,
      price: { kind: 'explicit', inputMicroUsd: 1_000_000, outputMicroUsd: 2_000_000 },
      thinkingTokens: 0,
      callOptions: {},
    },
  };
}

/** A script that writes a short, well-cited article from whatever passages it is given. */
export const diligentScript: Required<Script> = {
  topic: ({ topic, keyword }) => ({
    angle: `What the sources say about ${topic}.`,
    keyword: keyword ?? topic,
    intent: 'informational',
    titles: [topic, `${topic} explained`, `About ${topic}`],
    chosen: 0,
    queries: [],
  }),
  outline: ({ passages }) => {
    const half = Math.ceil(passages.length / 2);
    const sections = [passages.slice(0, half), passages.slice(half)].filter((part) => part.length > 0);
    return {
      sections: sections.map((part, index) => ({
        heading: `Part ${index === 0 ? 'one' : 'two'}`,
        goal: 'To know what the sources say.',
        refs: part.map(({ ref }) => ref),
        words: 60,
      })),
      wantsFaq: false,
    };
  },
  'draft-section': ({ passages, alreadyWritten }) => ({
    blocks: [
      {
        type: 'paragraph',
        sentences: passages
          .map(({ ref, text }) => ({ ref, quote: firstSentence(text) }))
          .filter(
            ({ quote }, index, list) =>
              !alreadyWritten.includes(quote) && list.findIndex((other) => other.quote === quote) === index,
          )
          .map(({ ref, quote }) => ({ text: quote, citations: [{ ref, quote }] }))
          .concat({ text: 'So far so good.', citations: [] }),
      },
    ],
  }),
  'draft-frame': () => ({
    introduction: [{ type: 'paragraph', sentences: [{ text: 'This is worth a look.', citations: [] }] }],
    conclusion: [{ type: 'paragraph', sentences: [{ text: 'Now it is your turn.', citations: [] }] }],
    conclusionHeading: 'What next',
    faqHeading: '',
    faq: [],
  }),
  judge: ({ claims }) => ({
    verdicts: claims.map(({ id }) => ({ id, verdict: 'supported' as const, reason: 'The passage says so.' })),
  }),
  rewrite: ({ claims }) => ({ rewrites: claims.map(({ id }) => ({ id, sentence: null })) }),
  revise: ({ blocks }) => ({ blocks }),
  seo: ({ title }) => ({
    metaTitle: title,
    metaDescription: `What you need to know about ${title}, put together from the sources that were found.`,
    excerpt: `An article about ${title}.`,
  }),
};

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}
