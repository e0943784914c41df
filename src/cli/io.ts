import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';
import { explain } from './explain.ts';

/** A stream that lines are written to, and what is known of the terminal behind it. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Everything a command has to do with its surroundings; tests give their own. */
export interface Io {
  env: Record<string, string | undefined>;
  stdin: Readable & { isTTY?: boolean; setRawMode?(on: boolean): unknown };
  /** Results: text for people, or one JSON document with --json. */
  stdout: Output;
  /** Progress, questions and errors. */
  stderr: Output;
  /** Aborts when the user wants the command to end. */
  signal: AbortSignal;
}

/** Prints the result of a command: the JSON document when that was asked for, the lines otherwise. */
export function print(io: Io, json: boolean | undefined, document: unknown, lines: () => string[]): void {
  io.stdout.write(
    json
      ? `${JSON.stringify(document, null, 2)}\n`
      : lines()
          .map((line) => `${line}\n`)
          .join(''),
  );
}

/** Prints what made a command fail and returns its exit status: 2 for wrong usage, 130 when the user ended it, else 1. */
export function printFailure(io: Io, json: boolean, error: unknown): number {
  if (io.signal.aborted) return 130;
  if (json) {
    const { code, message, hint, errors } =
      error instanceof AppError
        ? error
        : { code: 'internal', message: explain(error).join(' '), hint: '', errors: undefined };
    io.stdout.write(`${JSON.stringify({ error: { code, message, hint, ...(errors ? { errors } : {}) } }, null, 2)}\n`);
  } else {
    for (const line of explain(error)) io.stderr.write(`${line}\n`);
  }
  return error instanceof AppError && error.code === 'invalid_request' ? 2 : 1;
}

/** At most so many characters, the last of which says that there are more. Never half of a sign that is made of several. */
export function clip(text: string, width: number): string {
  const signs = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)];
  return signs.length <= width
    ? text
    : `${signs
        .slice(0, width - 1)
        .map(({ segment }) => segment)
        .join('')}…`;
}

/** Rows under their headings, as wide as their longest cell. */
export function table(headings: string[], rows: string[][]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const format = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [headings, ...rows].map(format);
}
