import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';

/** Instructions for one task. `version` goes up with every change of the words and is stored with each call. */
export interface Prompt<N extends TaskName> {
  task: N;
  version: number;
  instructions: string;
  /** The most tokens an answer may take; reserved as worst case before the call. */
  maxOutputTokens(input: TaskInput<N>): number;
  /** What is wrong with an answer that fits its schema, in words that help the model to mend it; null when nothing is. */
  problem?(input: TaskInput<N>, answer: TaskOutput<N>): string | null;
}

const open = '<input>';
const close = '</input>';

/**
 * The user message of a call: the task's name, then its input as JSON between borders. Every `<` inside the JSON is
 * escaped, so no source text can close the border or open another one: what stands inside is data, never instruction.
 */
export function renderInput<N extends TaskName>(task: N, input: TaskInput<N>): string {
  return `Task: ${task}\n${open}\n${JSON.stringify(input).replaceAll('<', '\\u003c')}\n${close}`;
}

/** Reads back what {@link renderInput} wrote; null when the text does not have that form. */
export function parseInput(text: string): { task: string; input: unknown } | null {
  const task = /^Task: ([a-z-]+)$/m.exec(text)?.[1];
  const start = text.indexOf(open);
  const end = text.lastIndexOf(close);
  if (!task || start < 0 || end < start) return null;
  return { task, input: JSON.parse(text.slice(start + open.length, end)) };
}
