import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A shell that is used as a reader uses theirs: one line after the other, everything in the same one. */
export interface Shell {
  /** What the commands print, and the exit status of the last one. */
  run(commands: string): Promise<{ printed: string; status: number }>;
  close(): Promise<void>;
}

/** Programs that examples call and a fresh system lacks; the stand-ins know what the examples ask of them. */
const standIns = ['curl', 'openssl'];

/** Starts bash in an empty folder, with this Node and the programs of the system. */
export function startShell(folder: string): Shell {
  const bash = spawn('bash', ['--noprofile', '--norc'], {
    cwd: folder,
    env: { PATH: pathIn(folder), HOME: folder, LANG: 'C.UTF-8', NODE_NO_WARNINGS: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that what an example leaves running ends with it.
    detached: true,
  });
  const closed = once(bash, 'close');
  let printed = '';
  let wake: () => void = () => undefined;
  for (const stream of [bash.stdout, bash.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      wake();
    });
  }
  bash.on('close', () => wake());
  bash.stdin.write('set -o pipefail\n');
  const end = /\nended with (\d+)\n$/;
  return {
    async run(commands) {
      printed = '';
      bash.stdin.write(`{\n${commands}\n} </dev/null 2>&1\nprintf '\\nended with %d\\n' $?\n`);
      for (;;) {
        const match = end.exec(printed);
        if (match) return { printed: printed.slice(0, match.index), status: Number(match[1]) };
        if (bash.exitCode !== null || bash.signalCode !== null) throw new Error(`the shell has ended: ${printed}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async close() {
      if (bash.pid !== undefined && bash.exitCode === null) process.kill(-bash.pid, 'SIGKILL');
      await closed;
    },
  };
}

/** PATH with this Node before others, and with stand-ins for what is not there. */
function pathIn(folder: string): string {
  const path = process.env.PATH ?? '';
  const own = join(folder, 'programs');
  mkdirSync(own);
  for (const name of standIns) {
    if (!isOnPath(name, path))
      symlinkSync(fileURLToPath(new URL(`stand-ins/${name}.mjs`, import.meta.url)), join(own, name));
  }
  return [own, dirname(process.execPath), path].join(delimiter);
}

function isOnPath(name: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
