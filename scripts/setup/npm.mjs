import { spawnSync } from 'node:child_process';

/** A failure that has been put into words; its stack would tell a user nothing. */
export function expectedError(message) {
  return Object.assign(new Error(message), { expected: true });
}

/**
 * Runs the npm that started this script, with `node` (default: the running one). Its chatter is dropped, its errors are
 * shown. Returns its exit status, null when it was ended by a signal.
 */
export function npm(root, args, node = process.execPath) {
  const script = process.env.npm_execpath;
  const [command, first] = script && /\.c?js$/.test(script) ? [node, [script]] : ['npm', []];
  const result = spawnSync(command, [...first, ...args], {
    cwd: root,
    // An older npm under the pinned Node warns of its own outdated calls, which is nobody's business here.
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (result.error)
    throw expectedError(`npm could not be started (${result.error.message}): install npm and run the command again.`);
  return result.status;
}

/** Says what is being done while it is done, and how long it took. */
export function timed(doing, done, work) {
  console.error(`${doing} ...`);
  const start = Date.now();
  const answer = work();
  console.error(`${done} in ${((Date.now() - start) / 1000).toFixed(1)} s.`);
  return answer;
}
