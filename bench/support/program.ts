import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Program } from '../../test/program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The two ways to run the server: the bundle, as it is shipped, and the sources, as `npm start` does. */
export const entries = { bundle: `${root}dist/server/main.js`, sources: `${root}src/main.ts` };

/** What every server of a measure is started with. */
export const serverEnv = {
  APP_SECRET: 'a secret for measuring only, forty characters',
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'warn',
};

/** Asks the program to stop and waits until it has. Throws when it did not end in order. */
export async function stopped(program: Program): Promise<void> {
  const ended = once(program, 'close');
  program.kill('SIGTERM');
  const [status] = await ended;
  if (status !== 0) throw new Error(`it ended with ${status}: ${program.output()}`);
}

/** Milliseconds from `start` (performance.now()) until the address answers 200. */
export async function answersAfter(start: number, url: string, program: Program): Promise<number> {
  for (;;) {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return performance.now() - start;
    if (program.exitCode !== null) throw new Error(`it ended with ${program.exitCode}: ${program.output()}`);
    await pause(5);
  }
}

/** Resident memory of a process in MB, 0 when it is gone. Only Linux tells. */
export function residentMb(pid: number): number {
  const pages = Number(readProc(`${pid}/statm`).split(' ')[1] ?? 0);
  return (pages * 4096) / 1_000_000;
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readProc(`${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
}

/** Milliseconds of processor time of a process and its children so far. */
export function processorTime(pid: number): number {
  // proc_pid_stat(5): utime and stime are fields 14 and 15, counted in hundredths of a second; a name may hold spaces.
  const ticks = [pid, ...childrenOf(pid)].map((one) => {
    const fields = readProc(`${one}/stat`).split(') ').at(-1)?.split(' ') ?? [];
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return ticks.reduce((sum, one) => sum + one, 0) * 10;
}

/** A process or thread may end between being listed and being read: then there is nothing to read. */
function readProc(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return '';
    throw error;
  }
}

/** Peaks of resident memory in MB. Pages that processes share count in each, so the sum errs to the high side. */
export interface Peaks {
  server: number;
  children: number;
  together: number;
}

/** Looks every 20 ms at the memory of a process and its children until it is told to stop. */
export function watchMemory(pid: number): { stop(): Peaks } {
  const peaks: Peaks = { server: 0, children: 0, together: 0 };
  const look = () => {
    const server = residentMb(pid);
    const children = childrenOf(pid).reduce((sum, child) => sum + residentMb(child), 0);
    peaks.server = Math.max(peaks.server, server);
    peaks.children = Math.max(peaks.children, children);
    peaks.together = Math.max(peaks.together, server + children);
  };
  look();
  const timer = setInterval(look, 20);
  return {
    stop() {
      clearInterval(timer);
      return peaks;
    },
  };
}
