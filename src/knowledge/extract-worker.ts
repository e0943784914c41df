import { type IsolatedAnswer, type IsolatedCall, type IsolatedTask, runIsolated } from './isolated-tasks.ts';
import type { WorkerReply } from './isolated-worker.ts';

/** Entry of the process that takes strangers' bytes apart: one call in, one reply out; it ends with its parent. */
process.on('message', (call: IsolatedCall) => {
  const reply = (message: WorkerReply<IsolatedAnswer<IsolatedTask>>) => process.send?.(message);
  runIsolated(call).then(
    (value) => reply({ ok: true, value }),
    // The parent turns this into an AppError; an Error object itself loses its class on the way.
    (error: unknown) => reply({ ok: false, message: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true } satisfies WorkerReply<IsolatedAnswer<IsolatedTask>>);
