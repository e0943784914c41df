import type { WorkerReply } from './isolated-worker.ts';
import { type PageInput, type PageResult, readPage } from './read-page.ts';

/** Entry of the process that reads pages: one call in, one reply out; it ends with its parent. */
process.on('message', (input: PageInput) => {
  let reply: WorkerReply<PageResult>;
  try {
    reply = { ok: true, value: readPage(input) };
  } catch (error) {
    // The parent turns this into an AppError; an Error object itself loses its class on the way.
    reply = { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
  process.send?.(reply);
});
process.on('disconnect', () => process.exit());
