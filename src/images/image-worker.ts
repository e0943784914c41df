import type { WorkerReply } from '../knowledge/isolated-worker.ts';
import { limitMemory } from '../knowledge/memory-limit.ts';
import { type ImageAnswer, type ImageCall, runImageTask } from './image-tasks.ts';

/** Entry of the process that draws cards and takes strangers' images apart: one call in, one reply out. */
limitMemory(800_000_000);
process.on('message', (call: ImageCall) => {
  const reply = (message: WorkerReply<ImageAnswer>) => process.send?.(message);
  runImageTask(call).then(
    (value) => reply({ ok: true, value }),
    (error: unknown) => reply({ ok: false, message: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true } satisfies WorkerReply<ImageAnswer>);
