import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';
import type { Io } from './io.ts';

/** Everything that comes through a stream until it ends, as text. */
export async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

const enter = new Set(['\r', '\n', '\u0004']);
const backspace = new Set(['\u007f', '\b']);
const interrupt = '\u0003';

/**
 * Asks for a secret on the terminal without showing what is typed. Throws `invalid_request` when there is no terminal:
 * a secret never comes as an argument, where the list of processes and the shell's history would show it.
 */
export async function askHidden(io: Io, question: string): Promise<string> {
  const { stdin } = io;
  if (!stdin.isTTY || !stdin.setRawMode) {
    throw new AppError('invalid_request', 'There is no terminal to ask for the password on.', {
      hint: 'Send it through standard input: printf %s "$PASSWORD" | npm run -s bp -- site add ... --password-stdin',
    });
  }
  io.stderr.write(question);
  stdin.setRawMode(true);
  try {
    let typed = '';
    for await (const chunk of stdin) {
      for (const key of Buffer.from(chunk).toString('utf8')) {
        if (enter.has(key)) return typed;
        if (key === interrupt)
          throw new AppError('invalid_request', 'Nothing was added.', { hint: 'Run the command again.' });
        typed = backspace.has(key) ? typed.slice(0, -1) : typed + key;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.destroy();
    io.stderr.write('\n');
  }
}
