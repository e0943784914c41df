/*
 * What the instance counts, by the names that Prometheus has them under. The labels of each are listed with it, and every
 * value of a label comes from a list of the program or of its operator: whoever sends requests cannot add one.
 */

/** Upper bounds of the buckets of durations, in seconds; one more takes what is longer than all. */
export const answerBounds = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10] as const;
export const workBounds = [0.1, 0.5, 1, 5, 15, 60, 300, 900] as const;

/** Counters that all processes add to: they go on where they were after a restart. */
export const counters = {
  blog_poster_pipeline_steps_total: {
    help: 'Attempts at steps of pipelines that ended, by step and how.',
    labels: ['step', 'status'],
  },
  blog_poster_model_calls_total: {
    help: 'Calls of models and search providers that ended, by model, task and how.',
    labels: ['model', 'task', 'outcome'],
  },
  blog_poster_model_tokens_total: {
    help: 'Tokens that providers reported, by model and kind.',
    labels: ['model', 'kind'],
  },
  blog_poster_model_cost_dollars_total: {
    help: 'Dollars that ended calls cost; what a provider did not report counts with the worst case.',
    labels: ['model', 'payer'],
  },
  blog_poster_publication_attempts_total: {
    help: 'Attempts at publications that ended, by how.',
    labels: ['outcome'],
  },
} as const satisfies Record<string, { help: string; labels: readonly string[] }>;

/** Durations that all processes add to. */
export const durations = {
  blog_poster_pipeline_step_duration_seconds: { help: 'Seconds that attempts at steps took.', labels: ['step'] },
  blog_poster_model_call_duration_seconds: { help: 'Seconds that calls of models took.', labels: ['model'] },
} as const satisfies Record<string, { help: string; labels: readonly string[] }>;

export type CounterName = keyof typeof counters;
export type DurationName = keyof typeof durations;
type LabelsOf<Entry extends { labels: readonly string[] }> = Record<Entry['labels'][number], string>;
export type CounterLabels<Name extends CounterName> = LabelsOf<(typeof counters)[Name]>;
export type DurationLabels<Name extends DurationName> = LabelsOf<(typeof durations)[Name]>;
