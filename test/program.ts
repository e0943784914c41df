import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program of ours that runs in a process of its own, and what it has printed so far. */
export type Program = ChildProcess & { output(): string };

/** Starts a script under this Node with nothing but `env` and PATH in its environment. */
export function runProgram(script: string, args: string[], env: Record<string, string>): Program {
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return Object.assign(child, { output: () => output });
}

/** Its exit status and everything it printed, once it has ended by itself. */
export async function finished(program: Program): Promise<{ status: number | null; output: string }> {
  const [status] = await once(program, 'close');
  return { status, output: program.output() };
}

/** Resolves when the program has printed `text`; rejects when it ends before. */
export function printed(program: Program, text: string | RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => program.output().search(text) >= 0 && resolve();
    program.stdout?.on('data', look);
    program.on('close', (status) => reject(new Error(`ended with ${status}: ${program.output()}`)));
    look();
  });
}

/** The address of a server that has said where it serves. */
export async function servedAt(program: Program): Promise<string> {
  await printed(program, 'serves on');
  return /serves on (\S+)/.exec(program.output())?.[1] ?? '';
}
