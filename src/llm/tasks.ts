import { z } from 'zod';

/*
 * What a model is asked to do, as data: the shape of the question and of the answer for every task.
 * The instructions in words stand beside the steps (`pipeline/<n>-<step>/prompt.ts`); the shapes stand here because
 * every model, the offline writer included, reads and answers exactly these.
 *
 * Passages are referred to by short handles ("p1", "p2", ...) that are only valid within one call: a model copies short
 * handles reliably and UUIDs badly, and a handle that was not given cannot be resolved.
 */

/** A stored passage as a model sees it. `ref` is the handle to cite it by; `source` groups passages of one document. */
export const passageInput = z.object({
  ref: z.string(),
  source: z.string(),
  sourceTitle: z.string(),
  heading: z.string().nullable(),
  text: z.string(),
});
export type PassageInput = z.infer<typeof passageInput>;

/** One sentence of the article. A sentence that states a fact cites a passage and quotes it word for word. */
export const sentence = z.object({
  text: z.string().min(1),
  citations: z.array(z.object({ ref: z.string(), quote: z.string() })),
});
export type Sentence = z.infer<typeof sentence>;

/** A block of text: a paragraph is its sentences in a row, a list has one item per sentence, as has a numbered one. */
export const block = z.object({
  type: z.enum(['paragraph', 'bullets', 'numbered']),
  sentences: z.array(sentence).min(1),
});
export type Block = z.infer<typeof block>;

const language = z.string().describe('ISO 639-1 code of the language to write in');
const wordRange = z.object({ min: z.number().int(), max: z.number().int() });

export const intents = ['informational', 'commercial', 'transactional', 'navigational'] as const;

/** topic: from a brief to an angle, a keyword, titles and what else to search for. It is asked before any source has been read. */
export const topicTask = {
  name: 'topic',
  input: z.object({
    topic: z.string(),
    keyword: z.string().nullable(),
    audience: z.string().nullable(),
    voice: z.string().nullable(),
    language,
    words: wordRange,
  }),
  output: z.object({
    angle: z.string().min(1),
    keyword: z.string().min(1),
    intent: z.enum(intents),
    titles: z.array(z.string().min(1)).length(3),
    chosen: z.number().int().min(0).max(2),
    queries: z.array(z.string()).describe('Up to three, for a search engine'),
  }),
} as const;

/** outline: sections in reading order, each with the passages that support it and the words it may take. */
export const outlineTask = {
  name: 'outline',
  input: z.object({
    title: z.string(),
    angle: z.string(),
    keyword: z.string(),
    intent: z.enum(intents),
    audience: z.string().nullable(),
    voice: z.string().nullable(),
    language,
    words: wordRange,
    passages: z.array(passageInput),
  }),
  output: z.object({
    sections: z
      .array(
        z.object({
          heading: z.string().min(1),
          goal: z.string(),
          refs: z.array(z.string()).min(1),
          words: z.number().int().positive(),
        }),
      )
      .min(1),
    wantsFaq: z.boolean(),
  }),
} as const;

/**
 * draft-section: the text of one section. `alreadyWritten` lists the sentences of the sections before it. No blocks:
 * the passages hold nothing that has not been said, and the section is left out.
 */
export const draftSectionTask = {
  name: 'draft-section',
  input: z.object({
    title: z.string(),
    keyword: z.string(),
    heading: z.string(),
    goal: z.string(),
    position: z.number().int(),
    sections: z.number().int(),
    headings: z.array(z.string()),
    words: z.number().int(),
    audience: z.string().nullable(),
    voice: z.string().nullable(),
    language,
    alreadyWritten: z.array(z.string()),
    passages: z.array(passageInput),
  }),
  output: z.object({ blocks: z.array(block) }),
} as const;

/** draft-frame: introduction, conclusion and, where it fits, questions and answers around the written sections. */
export const draftFrameTask = {
  name: 'draft-frame',
  input: z.object({
    title: z.string(),
    angle: z.string(),
    keyword: z.string(),
    audience: z.string().nullable(),
    voice: z.string().nullable(),
    language,
    words: z.number().int(),
    wantsFaq: z.boolean(),
    sections: z.array(z.object({ heading: z.string(), sentences: z.array(z.string()) })),
    passages: z.array(passageInput),
  }),
  output: z.object({
    introduction: z.array(block).min(1),
    conclusion: z.array(block).min(1),
    conclusionHeading: z.string().min(1),
    faqHeading: z.string(),
    faq: z.array(z.object({ question: z.string().min(1), answer: z.array(sentence).min(1) })),
  }),
} as const;

export const verdicts = ['supported', 'contradicted', 'unsupported'] as const;

/** judge: does each passage support its claim? Asked only for claims whose quote, numbers and names were found. */
export const judgeTask = {
  name: 'judge',
  input: z.object({
    language,
    claims: z.array(z.object({ id: z.string(), text: z.string(), quote: z.string(), passage: z.string() })),
  }),
  output: z.object({
    verdicts: z.array(z.object({ id: z.string(), verdict: z.enum(verdicts), reason: z.string() })),
  }),
} as const;

/** rewrite: one more try at a sentence that did not hold, from the same passages; null drops it. */
export const rewriteTask = {
  name: 'rewrite',
  input: z.object({
    language,
    claims: z.array(
      z.object({ id: z.string(), text: z.string(), problem: z.string(), passages: z.array(passageInput) }),
    ),
  }),
  output: z.object({ rewrites: z.array(z.object({ id: z.string(), sentence: sentence.nullable() })) }),
} as const;

export const revisions = ['rewrite', 'shorten', 'expand', 'tone'] as const;
export type Revision = (typeof revisions)[number];

/**
 * revise: a stretch of an article put otherwise at its author's wish. Its sentences come with what they cite; nothing but
 * the given passages can be cited. `before` and `after` are what stands around it.
 */
export const reviseTask = {
  name: 'revise',
  input: z.object({
    action: z.enum(revisions),
    tone: z.string().nullable(),
    instruction: z.string().nullable(),
    language,
    words: z.number().int(),
    before: z.string(),
    after: z.string(),
    blocks: z.array(block),
    passages: z.array(passageInput),
  }),
  output: z.object({ blocks: z.array(block).min(1) }),
} as const;

/** seo: the texts around the article. Lengths are limits in characters; what is longer is cut at a word. */
export const seoTask = {
  name: 'seo',
  input: z.object({
    title: z.string(),
    keyword: z.string(),
    language,
    text: z.string(),
    limits: z.object({ metaTitle: z.number(), metaDescription: z.number(), excerpt: z.number() }),
  }),
  output: z.object({
    metaTitle: z.string().min(1),
    metaDescription: z.string().min(1),
    excerpt: z.string().min(1),
  }),
} as const;

/** Every task by its name. */
export const tasks = {
  topic: topicTask,
  outline: outlineTask,
  'draft-section': draftSectionTask,
  'draft-frame': draftFrameTask,
  judge: judgeTask,
  rewrite: rewriteTask,
  revise: reviseTask,
  seo: seoTask,
} as const;
export type TaskName = keyof typeof tasks;
export type TaskInput<N extends TaskName> = z.infer<(typeof tasks)[N]['input']>;
export type TaskOutput<N extends TaskName> = z.infer<(typeof tasks)[N]['output']>;
