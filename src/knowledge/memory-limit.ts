import { Worker } from 'node:worker_threads';

let watching = false;

/**
 * Kills this process when its memory passes the limit, wherever the memory lies: V8's heap limit does not count buffers,
 * and code that fills them leaves no turn to a timer. A thread of its own looks 20 times a second. The first call decides.
 * Only for processes that exist to be killed.
 */
export function limitMemory(bytes: number): void {
  if (watching) return;
  watching = true;
  new Worker(watch, { eval: true, workerData: bytes, execArgv: [] }).unref();
}

/** The words are those that the parent takes for a heap that is full, see isolated-worker.ts. */
const watch = `
const { writeSync } = require('node:fs');
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.memoryUsage.rss() < workerData) return;
  writeSync(2, 'heap limit: ' + workerData + ' bytes');
  process.kill(process.pid, 'SIGKILL');
}, 50);
`;
