import { Readable } from 'node:stream';
import { runCli } from '../src/cli/program.ts';

/** How a command ended: its exit status, and what it printed on standard output and standard error. */
export interface CommandAnswer {
  status: number;
  out: string;
  err: string;
}

/** Runs one command line in this process, with `input` on its standard input and no terminal anywhere. */
export async function runCommand(
  env: Record<string, string>,
  args: string[],
  {
    input,
    signal = new AbortController().signal,
    onErr,
  }: { input?: string; signal?: AbortSignal; onErr?: (text: string) => void } = {},
): Promise<CommandAnswer> {
  let out = '';
  let err = '';
  const status = await runCli(args, {
    env,
    stdin: Readable.from(input === undefined ? [] : [input]),
    stdout: { write: (text) => (out += text) },
    stderr: {
      write: (text) => {
        err += text;
        onErr?.(err);
      },
    },
    signal,
  });
  return { status, out, err };
}
