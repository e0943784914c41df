import type { Pipeline, PipelineStep } from '../../api/client/types.gen.ts';

type StepName = PipelineStep['name'];

/** One line of what a run has done, in the order of its recording. */
export interface Activity {
  id: number;
  at: string;
  step: StepName | null;
  kind: 'log' | 'finished' | 'failed' | 'ended';
  /** The server's own words; null for steps, which the page names itself. */
  message: string | null;
  /** How the run ended, for `ended`. */
  status?: string;
}

/** What the event stream of a run has told so far. */
export interface RunFeed {
  lastId: number;
  activity: Activity[];
  /** The last event was `done`: when the connection closes now, that is the end and not a failure. */
  ended: boolean;
  /** What a model is writing right now, its end; null while nothing is written. Not recorded: it is gone afterwards. */
  writing: { step: StepName; text: string } | null;
}

export const emptyFeed: RunFeed = { lastId: 0, activity: [], ended: false, writing: null };

/** One server-sent event as it arrives: its id, its name, its data as JSON text. */
export interface RunEvent {
  id: string;
  type: string;
  data: string;
}

/**
 * Adds an event to the feed. Events that are known already (a stream that was opened anew tells everything again) and
 * events that cannot be read change nothing.
 */
export function addEvent(feed: RunFeed, event: RunEvent): RunFeed {
  if (event.type === 'text') return { ...feed, writing: toWriting(event.data) ?? feed.writing };
  const id = Number(event.id);
  if (!Number.isSafeInteger(id) || id <= feed.lastId) return feed;
  const next = {
    ...feed,
    lastId: id,
    ended: event.type === 'done',
    // Whatever is told besides the progress says that something else is being done now.
    writing: event.type === 'progress' ? feed.writing : null,
  };
  const data = parse(event.data);
  const line = data && toActivity(id, event.type, data);
  if (!line) return next;
  return { ...next, activity: [...feed.activity, line] };
}

function toWriting(data: string): RunFeed['writing'] {
  const live = parse(data);
  const step = stepOf(live?.step);
  const words = text(live?.text);
  return step && words ? { step, text: words } : null;
}

function toActivity(id: number, type: string, data: Record<string, unknown>): Activity | null {
  const at = text(data.at) ?? '';
  const base = { id, at, message: null };
  if (type === 'log') {
    const waiting = record(data.waiting);
    const message = text(data.message) ?? text(waiting?.message);
    return message ? { ...base, step: stepOf(data.step), kind: 'log', message } : null;
  }
  if (type === 'step') {
    const step = stepOf(data.name);
    if (!step) return null;
    if (data.status === 'succeeded') return { ...base, step, kind: 'finished' };
    if (data.status === 'failed') return { ...base, step, kind: 'failed', message: text(record(data.error)?.message) };
    return null;
  }
  if (type === 'done') return { ...base, step: null, kind: 'ended', status: text(data.status) ?? 'other' };
  return null;
}

const stepNames = new Set<string>([
  'topic',
  'research',
  'outline',
  'draft',
  'check',
  'seo',
  'publish',
] satisfies StepName[]);

function stepOf(value: unknown): StepName | null {
  return typeof value === 'string' && stepNames.has(value) ? (value as StepName) : null;
}

function parse(data: string): Record<string, unknown> | null {
  try {
    return record(JSON.parse(data));
  } catch (error) {
    console.warn('An event of the run could not be read.', error);
    return null;
  }
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The last thing said about a step: what is being read or written right now. */
export function latestOf(feed: RunFeed, step: StepName): string | null {
  return feed.activity.findLast((line) => line.step === step && line.kind === 'log')?.message ?? null;
}

/** Whether a run goes on by itself: it is under way, or waits for a time and not for a person. */
export function isLive(run: Pick<Pipeline, 'status' | 'waiting'>): boolean {
  return (
    run.status === 'queued' ||
    run.status === 'running' ||
    (run.status === 'waiting' && run.waiting?.until !== undefined && run.waiting.reason !== 'budget_exceeded')
  );
}

/** Whether a run stands still until a month's money is there: it goes on by itself, and that may be weeks away. */
export function waitsForMonth(run: Pick<Pipeline, 'status' | 'waiting'>): boolean {
  return run.status === 'waiting' && run.waiting?.reason === 'budget_exceeded' && run.waiting.cap !== 'pipeline';
}

/** How long a run has taken until now or took in all, in milliseconds; null before it began. */
export function elapsedMs(
  run: Pick<Pipeline, 'startedAt' | 'finishedAt' | 'status' | 'waiting' | 'steps'>,
  now: Date,
): number | null {
  if (!run.startedAt) return null;
  const lastFinished = run.steps.flatMap((step) => (step.finishedAt ? [Date.parse(step.finishedAt)] : []));
  const end = run.finishedAt
    ? Date.parse(run.finishedAt)
    : isLive(run)
      ? now.getTime()
      : Math.max(Date.parse(run.startedAt), ...lastFinished);
  return Math.max(0, end - Date.parse(run.startedAt));
}
