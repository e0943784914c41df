import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PipelineAnswer } from '../src/pipeline/present.ts';
import type { Receipt } from '../src/pipeline/receipt.ts';
import { fetchAs } from './account.ts';
import { ofThisRun } from './program.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The real server (or a command) as a process of its own. */
export interface ServerProcess {
  child: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  /** Resolves with its address once it serves; rejects when it ends before. */
  serving(): Promise<string>;
  /** Resolves when it has ended. */
  ended: Promise<{ status: number | null; output: string }>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Runs `node <script> <args>` with nothing but `env` in its environment; `before` is a command to run it under. */
export function startProcess(
  script: 'src/main.ts' | 'src/cli.ts',
  env: Record<string, string>,
  options: { args?: string[]; before?: string[] } = {},
): ServerProcess {
  const [command = process.execPath, ...args] = [
    ...(options.before ?? []),
    process.execPath,
    script,
    ...(options.args ?? []),
  ];
  const child = spawn(command, args, {
    cwd: root,
    env: {
      ...ofThisRun(),
      PORT: '0',
      LOG_LEVEL: 'warn',
      AUTH_RATE_LIMIT_PER_MINUTE: '10000',
      BACKUP_CRON: 'off',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, output }));
  return {
    child,
    output: () => output,
    ended,
    serving: () =>
      new Promise((resolve, reject) => {
        const look = () => {
          const address = /serves on (\S+)/.exec(output)?.[1];
          if (address) resolve(address);
        };
        child.stdout?.on('data', look);
        ended.then(({ status }) => reject(new Error(`ended with ${status}: ${output}`)), reject);
        look();
      }),
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    },
  };
}

/** Sends a request to the API of a process, as the account of the tests; the answer's JSON with its status. */
export async function ask<Answer>(
  address: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; json: Answer }> {
  const answer = await fetchAs(`${address}${path}`, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  return { status: answer.status, json: (await answer.json()) as Answer };
}

/** Waits until a pipeline is as wanted; a process that does not answer meanwhile is asked again. Throws after `ms`. */
export async function pipelineUntil(
  address: string,
  id: string,
  wanted: (pipeline: PipelineAnswer) => boolean,
  ms = 90_000,
): Promise<PipelineAnswer> {
  const start = performance.now();
  let last: unknown;
  while (performance.now() - start < ms) {
    try {
      const { json } = await ask<PipelineAnswer>(address, 'GET', `/api/v1/pipelines/${id}`);
      last = json;
      if (wanted(json)) return json;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not reached within ${ms} ms: ${JSON.stringify(last)} ${String(last)}`);
}

export const receiptOf = async (address: string, id: string): Promise<Receipt> =>
  (await ask<Receipt>(address, 'GET', `/api/v1/pipelines/${id}/receipt`)).json;

/** How often each question reached the provider; a finished call that is paid again shows as two. */
export function askedMost(calls: { messages: unknown }[]): number {
  const asked = new Map<string, number>();
  for (const { messages } of calls) {
    const question = JSON.stringify(messages);
    asked.set(question, (asked.get(question) ?? 0) + 1);
  }
  return Math.max(...asked.values());
}
