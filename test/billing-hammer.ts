import { loadConfig } from '../src/config.ts';
import { openDatabase } from '../src/db/open.ts';
import { AppError } from '../src/errors.ts';
import { ask } from '../src/llm/ask.ts';
import { createModels } from '../src/llm/models.ts';
import { createLogger } from '../src/logger.ts';
import { createTelemetry } from '../src/monitoring/telemetry.ts';
import { topicPrompt } from '../src/pipeline/1-topic/prompt.ts';
import { openQueue } from '../src/queue/queue.ts';

/** One question to a model: whose it is, and a name by which everyone recognises it. */
export interface Question {
  name: string;
  userId: string;
  pipelineId: string;
  lease: number;
}

/** What one process is told: its questions, and how many of them it has under way at a time. */
export interface Task {
  questions: Question[];
  atOnce: number;
}

/** How a question ended: answered, or the code of the error and, where money was missing, the cap that it hit. */
export interface Ended {
  name: string;
  code: string | null;
  cap: unknown;
}

/* A process of its own that asks a model over and over; its parent tells it what, counts, and kills it. */

const { config, secrets } = loadConfig(process.env);
const database = await openDatabase(config, secrets);
const log = createLogger('error');
const queue = await openQueue(database, log, false);
const telemetry = await createTelemetry(config, secrets, log);
const ctx = { db: database.db, config, secrets, queue, models: createModels(config, secrets), log, telemetry };

async function put({ name, userId, pipelineId, lease }: Question): Promise<Ended> {
  const owner = {
    pipeline: { id: pipelineId, userId, lease, brief: {} },
    step: name,
    generation: 0,
    failedAt: null,
    signal: new AbortController().signal,
    assureLease: async () => undefined,
    log: async () => undefined,
    show: () => undefined,
  };
  const words = { min: 500, max: 800 };
  const input = { topic: name, keyword: null, audience: null, voice: null, language: 'en', words };
  try {
    await ask(ctx, owner, topicPrompt, input);
    return { name, code: null, cap: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { name, code: error.code, cap: error.details?.cap ?? null };
  }
}

process.on('message', async ({ questions, atOnce }: Task) => {
  const waiting = [...questions];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) process.send?.(await put(next));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  await queue.stop();
  await database.close();
  process.disconnect();
});
process.send?.('ready');
