import type { z } from 'zod';
import { allPrintable, printable } from '../storable.ts';

/**
 * Reads a model's answer: JSON, also inside a code fence, after thoughts, or with words around it, checked against the
 * schema. `problem` says in one sentence what is wrong, in words that help the model to mend it.
 */
export function readAnswer<T>(text: string, schema: z.ZodType<T>): { answer: T } | { problem: string } {
  // Some local models put their thoughts in front of the answer.
  const spoken = text.replace(/^\s*<think(ing)?>[\s\S]*?<\/think(ing)?>/i, '');
  if (spoken.trim() === '') return { problem: 'the answer was empty.' };
  let problem: string | null = null;
  for (const value of candidates(spoken)) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { answer: parsed.data };
    const issues = parsed.error.issues
      .slice(0, 3)
      .map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`);
    problem ??= `it did not fit the schema: ${issues.join('; ')}.`;
  }
  return { problem: problem ?? whyNoJson(spoken) };
}

/** Every JSON value that the text may be meant to be, the likeliest first; an answer stands at the end, a repetition of the question before it. */
function* candidates(text: string): Generator<unknown> {
  const whole = parse(text);
  if (whole !== undefined) yield whole;
  const fences = [...text.matchAll(/```(?:json)?[ \t]*\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  for (const fenced of fences.reverse()) {
    const value = parse(fenced);
    if (value !== undefined) yield value;
  }
  for (const object of topLevelObjects(text).reverse()) {
    const value = parse(object);
    if (value !== undefined) yield value;
  }
}

function parse(text: string): unknown {
  try {
    return allPrintable(JSON.parse(text));
  } catch (error) {
    // A RangeError is nesting without end.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The stretches from a brace to the one that closes it, braces inside strings aside; at most 20. */
function topLevelObjects(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length && found.length < 20; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign === '\\') at++;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = depth > 0;
    else if (sign === '{') {
      if (depth++ === 0) start = at;
    } else if (sign === '}' && depth > 0 && --depth === 0) found.push(text.slice(start, at + 1));
  }
  return found;
}

function whyNoJson(text: string): string {
  if (!text.includes('{')) return 'it was not JSON.';
  try {
    JSON.parse(text.slice(text.indexOf('{')));
  } catch (error) {
    // The message repeats a piece of the text, which may be cut anywhere.
    if (error instanceof SyntaxError || error instanceof RangeError) {
      return `it was not valid JSON (${printable(error.message)}).`;
    }
    throw error;
  }
  return 'it was not JSON.';
}
