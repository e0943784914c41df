import type { z } from 'zod';
import { detectLanguage } from '../../text/language.ts';
import { type PassageInput, type TaskInput, type TaskName, type TaskOutput, tasks } from '../tasks.ts';
import { writeFrame } from './frame.ts';
import { judgeClaims } from './judge.ts';
import { writeOutline } from './outline.ts';
import { reviseBlocks } from './revise.ts';
import { rewriteClaims } from './rewrite.ts';
import { writeSection } from './section.ts';
import { writeSeo } from './seo.ts';
import { proposeTopic } from './topic.ts';

type Answers = { [N in TaskName]: (input: TaskInput<N>) => TaskOutput<N> | Promise<TaskOutput<N>> };

const answers: Answers = {
  topic: proposeTopic,
  outline: async (input) => writeOutline(input, await languageOf(input.passages, input.language)),
  'draft-section': async (input) => writeSection(input, await languageOf(input.passages, input.language)),
  'draft-frame': async (input) => writeFrame(input, await languageOf(input.passages, input.language)),
  judge: judgeClaims,
  rewrite: async (input) =>
    rewriteClaims(
      input,
      await languageOf(
        input.claims.flatMap((claim) => claim.passages),
        input.language,
      ),
    ),
  revise: reviseBlocks,
  seo: writeSeo,
};

/** Does a task by its name. Throws when there is no such task or the input does not fit it. */
export async function answerTask(name: string, input: unknown): Promise<unknown> {
  if (!isTask(name)) throw new Error(`The offline writer knows no task "${name}".`);
  return run(name, input);
}

async function run<N extends TaskName>(name: N, input: unknown): Promise<unknown> {
  const parsed = tasks[name].input.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`The input of "${name}" does not fit: ${issue?.path.join('.')}: ${issue?.message}.`);
  }
  const answer = await answers[name](parsed.data as TaskInput<N>);
  // What does not fit its own schema is a fault of the writer; it is found here and not by the caller.
  return (tasks[name].output as unknown as z.ZodType<TaskOutput<N>>).parse(answer);
}

function isTask(name: string): name is TaskName {
  return Object.hasOwn(tasks, name);
}

/** From this share of passages on, the article's language counts as that of the passages. */
const enoughOfIt = 0.3;

/**
 * The passages' own language, which need not be the article's; sentences are cut and judged by it, and what is written
 * in another one is left out. Where several languages meet, the article's has precedence.
 */
async function languageOf(passages: readonly PassageInput[], wanted: string): Promise<string> {
  const detected = await Promise.all(passages.slice(0, 20).map(({ text }) => detectLanguage(text.slice(0, 400))));
  const known = detected.filter((language) => language !== null);
  const inWanted = known.filter((language) => language === wanted).length;
  if (known.length === 0 || inWanted / known.length >= enoughOfIt) return wanted;
  const sample = passages
    .slice(0, 20)
    .map(({ text }) => text.slice(0, 200))
    .join('\n');
  return (await detectLanguage(sample)) ?? wanted;
}
