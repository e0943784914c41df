import type { z } from 'zod';
import { allPrintable, printable } from '../storable.ts';

/**
 * Reads a model's answer: JSON, also inside a code fence or with words around it, checked against the schema.
 * `problem` says in one sentence what is wrong, in words that help the model to mend it.
 */
export function readAnswer<T>(text: string, schema: z.ZodType<T>): { answer: T } | { problem: string } {
  if (text.trim() === '') return { problem: 'the answer was empty.' };
  const fenced = /```(?:json)?\s*\n([\s\S]*?)```/.exec(text)?.[1];
  const outer = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  let problem = 'it was not JSON.';
  for (const candidate of [text, fenced, outer]) {
    if (!candidate) continue;
    let value: unknown;
    try {
      value = allPrintable(JSON.parse(candidate));
    } catch (error) {
      // The message repeats a piece of the text, which may be cut anywhere; a RangeError is nesting without end.
      problem = `it was not valid JSON (${error instanceof Error ? printable(error.message) : 'unreadable'}).`;
      continue;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return { answer: parsed.data };
    const issues = parsed.error.issues
      .slice(0, 3)
      .map((issue) => `${issue.path.join('.') || 'answer'}: ${issue.message}`);
    return { problem: `it did not fit the schema: ${issues.join('; ')}.` };
  }
  return { problem };
}
