import { baseLanguage, detectLanguage } from '../text/language.ts';
import type { Prompt } from './prompt.ts';
import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';

/** Below this many letters a language cannot be told from its neighbours. */
const minLetters = 200;

/** Languages whose short texts the detector takes for one another. */
const neighbours = [
  ['da', 'no', 'sv'],
  ['hr', 'sr', 'sl', 'bs'],
  ['cs', 'sk'],
  ['es', 'pt', 'ca', 'gl', 'it'],
  ['nl', 'af'],
  ['ms', 'id', 'tl'],
  ['ru', 'uk', 'be', 'bg', 'sr', 'mk'],
  ['az', 'tr'],
  ['fa', 'ur', 'ar', 'ku'],
];

/**
 * What is wrong with an answer that has the right shape: it repeats its instructions, or is written in another language
 * than was asked for. Null when nothing is. `problem` is in words that help the model to mend it.
 */
export async function problemOf<N extends TaskName>(
  prompt: Prompt<N>,
  input: TaskInput<N>,
  answer: TaskOutput<N>,
): Promise<string | null> {
  const texts = stringsOf(answer);
  const echo = echoed(prompt.instructions, texts, JSON.stringify(input));
  if (echo) return `it repeats the instructions ("${echo.slice(0, 80)}") instead of following them.`;
  const wanted = 'language' in input ? input.language : null;
  if (!wanted || prompt.task === 'judge') return null;
  const prose = proseOf(answer).join(' ');
  if ((prose.match(/\p{L}/gu)?.length ?? 0) < minLetters) return null;
  const found = await detectLanguage(prose);
  if (!found || sameOrNeighbour(found, baseLanguage(wanted) ?? wanted)) return null;
  return `it is written in "${found}" and has to be in "${wanted}".`;
}

function sameOrNeighbour(found: string, wanted: string): boolean {
  return found === wanted || neighbours.some((group) => group.includes(found) && group.includes(wanted));
}

/** The first sentence of the instructions that stands in the answer, unless it was in the input already. */
function echoed(instructions: string, texts: string[], input: string): string | null {
  const said = squeeze(texts.join('\n'));
  const given = squeeze(input);
  const sentences = instructions.split(/\n|(?<=[.:]) /).map(squeeze);
  return sentences.find((one) => one.length >= 40 && said.includes(one) && !given.includes(one)) ?? null;
}

const squeeze = (text: string) => text.replace(/\s+/g, ' ').trim();

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsOf);
}

/** The strings that readers see: quotes are in the language of their source, handles and ids in none. */
function proseOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(proseOf);
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? [value] : [];
  return Object.entries(value).flatMap(([name, inner]) =>
    ['citations', 'quote', 'ref', 'refs', 'id', 'type', 'intent', 'keyword'].includes(name) ? [] : proseOf(inner),
  );
}
