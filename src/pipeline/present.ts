import { z } from 'zod';
import { caps, type LedgerEntry, listCalls } from '../budget/ledger.ts';
import type { Db } from '../db/open.ts';
import { priorities, priorityName } from '../publishing/present.ts';
import { briefSchema, withBriefRules } from './brief.ts';
import { type Pipeline, pipelineStatuses, stepStatuses, waitingReasons } from './schema.ts';
import { stepNames } from './step-names.ts';
import { listSteps, type StepRecord } from './steps-store.ts';

const time = z.iso.datetime();
const storedError = z.object({ code: z.string(), message: z.string(), hint: z.string() });

const stepSchema = z
  .object({
    name: z.enum(stepNames),
    status: z.enum([...stepStatuses, 'pending']),
    attempt: z.int().meta({ description: 'Attempts so far; 0 before the first' }),
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    model: z.string().nullable(),
    inputTokens: z.int().nullable().meta({ description: 'null while unknown' }),
    outputTokens: z.int().nullable(),
    costMicroUsd: z.int().nullable().meta({ description: 'Of all attempts; null while unknown' }),
    error: storedError.nullable(),
  })
  .meta({ id: 'PipelineStep' });

/** What lists and single answers say of a pipeline. */
export const pipelineSchema = z
  .object({
    id: z.uuid(),
    topic: z.string(),
    status: z.enum(pipelineStatuses),
    priority: z.enum(priorities).meta({ description: "Among the user's own" }),
    currentStep: z.enum(stepNames).nullable(),
    progress: z.number().meta({ description: '0..1' }),
    steps: z.array(stepSchema),
    costMicroUsd: z.int(),
    budgetMicroUsd: z.int(),
    articleId: z.uuid().nullable(),
    siteId: z.uuid().nullable(),
    error: storedError.nullable(),
    waiting: z
      .object({
        reason: z.enum(waitingReasons),
        until: time.optional(),
        articleId: z.uuid().optional(),
        message: z.string().optional(),
        cap: z.enum(caps).optional().meta({
          description:
            'With budget_exceeded: which limit the next call does not fit under. But for that of the pipeline it goes on by itself',
        }),
        neededMicroUsd: z.int().optional().meta({ description: 'What that call may cost' }),
      })
      .nullable(),
    brief: z.record(z.string(), z.unknown()).meta({ description: 'As it was asked for; texts of sources left out' }),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Pipeline' });
export type PipelineAnswer = z.infer<typeof pipelineSchema>;

/** The body of POST /pipelines. */
export const pipelineRequest = withBriefRules(
  briefSchema.extend({
    priority: z
      .enum(priorities)
      .optional()
      .meta({ description: "Among the user's own, normal when left out; it overtakes nobody else's" }),
  }),
).meta({ id: 'PipelineRequest' });

const iso = (date: Date | null) => date?.toISOString() ?? null;

/** Reads steps and costs of the pipelines and puts them into words for the outside. */
export async function presentPipelines(db: Db, rows: Pipeline[]): Promise<PipelineAnswer[]> {
  const ids = rows.map((row) => row.id);
  const [calls, attempts] = [await listCalls(db, ids), await listSteps(db, ids)];
  return rows.map((row) => {
    const mine = (part: { pipelineId: string | null }) => part.pipelineId === row.id;
    return present(row, attempts.filter(mine), calls.filter(mine));
  });
}

/** The same for one. */
export async function presentPipeline(db: Db, row: Pipeline): Promise<PipelineAnswer> {
  const [answer] = await presentPipelines(db, [row]);
  if (!answer) throw new Error('a row was presented as nothing');
  return answer;
}

function present(row: Pipeline, attempts: StepRecord[], calls: LedgerEntry[]): PipelineAnswer {
  return {
    id: row.id,
    topic: row.topic,
    status: row.status,
    priority: priorityName(row.priority),
    currentStep: row.currentStep as PipelineAnswer['currentStep'],
    progress: row.progress,
    steps: stepNames.map((name) => presentStep(name, attempts, calls)),
    costMicroUsd: sum(calls.map((call) => call.costMicroUsd)),
    budgetMicroUsd: row.budgetMicroUsd,
    articleId: row.articleId,
    siteId: row.siteId,
    error: row.error,
    waiting: row.waiting,
    brief: {
      ...row.brief,
      sources: row.brief.sources.map((source) => ('text' in source ? { title: source.title } : source)),
    },
    createdAt: row.createdAt.toISOString(),
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
  };
}

function presentStep(
  name: (typeof stepNames)[number],
  attempts: StepRecord[],
  calls: LedgerEntry[],
): PipelineAnswer['steps'][number] {
  const mine = attempts.filter((attempt) => attempt.name === name && attempt.status !== 'superseded');
  const last = mine.at(-1);
  const made = calls.filter((call) => call.step === name);
  // A search is paid for, but it has no model and no tokens.
  const texts = made.filter((call) => call.kind === 'text');
  const all = (calls: LedgerEntry[], value: (call: LedgerEntry) => number | null) =>
    calls.every((call) => value(call) !== null) ? sum(calls.map(value)) : null;
  return {
    name,
    status: last?.status ?? 'pending',
    attempt: last?.attempt ?? 0,
    startedAt: iso(last?.startedAt ?? null),
    finishedAt: iso(last?.finishedAt ?? null),
    model: texts.at(-1)?.model ?? null,
    inputTokens: texts.length === 0 ? null : all(texts, (call) => call.inputTokens),
    outputTokens: texts.length === 0 ? null : all(texts, (call) => call.outputTokens),
    costMicroUsd: last ? all(made, (call) => call.costMicroUsd) : null,
    error: last?.error ?? null,
  };
}

function sum(values: (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
