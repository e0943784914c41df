import type { AppContext } from './context.ts';

type Ctx = Pick<AppContext, 'telemetry' | 'config'>;

/*
 * What happens in the business and is counted: one function for each, called where it has happened. None of them waits or
 * fails. Labels come from lists of the program or of its operator only.
 */

/** An attempt at a step has ended. */
export function stepEnded(
  { telemetry: { counts } }: Pick<Ctx, 'telemetry'>,
  step: string,
  status: string,
  seconds: number,
): void {
  counts.add('blog_poster_pipeline_steps_total', { step, status });
  counts.observe('blog_poster_pipeline_step_duration_seconds', { step }, seconds);
}

/** A model has answered or failed to. */
export function modelAnswered(ctx: Ctx, model: string, seconds: number): void {
  ctx.telemetry.counts.observe(
    'blog_poster_model_call_duration_seconds',
    { model: modelLabel(ctx.config, model) },
    seconds,
  );
}

/** What the ledger keeps of a call that has ended. */
export interface EndedCall {
  model: string;
  task: string;
  payer: string;
  status: string;
  costMicroUsd: number | null;
  inputTokens: number | null;
  cachedInputTokens: number | null;
  outputTokens: number | null;
}

/** A call was settled: what it cost is booked. */
export function callSettled(ctx: Ctx, call: EndedCall): void {
  const { counts } = ctx.telemetry;
  const model = modelLabel(ctx.config, call.model);
  const outcome = call.status === 'settled' ? 'answered' : 'failed';
  counts.add('blog_poster_model_calls_total', { model, task: call.task, outcome });
  counts.add('blog_poster_model_cost_dollars_total', { model, payer: call.payer }, (call.costMicroUsd ?? 0) / 1e6);
  counts.add('blog_poster_model_tokens_total', { model, kind: 'input' }, call.inputTokens ?? 0);
  counts.add('blog_poster_model_tokens_total', { model, kind: 'cached_input' }, call.cachedInputTokens ?? 0);
  counts.add('blog_poster_model_tokens_total', { model, kind: 'output' }, call.outputTokens ?? 0);
}

/** A call came to nothing and was certainly not billed: the provider was busy, refused the key, or was not reached. */
export function callNotBilled(ctx: Ctx, model: string, task: string): void {
  const labels = { model: modelLabel(ctx.config, model), task, outcome: 'not_billed' };
  ctx.telemetry.counts.add('blog_poster_model_calls_total', labels);
}

/** An attempt at a publication has ended. */
export function publicationAttemptEnded({ telemetry }: Pick<Ctx, 'telemetry'>, outcome: string): void {
  telemetry.counts.add('blog_poster_publication_attempts_total', { outcome });
}

const providers = ['anthropic', 'google', 'openai', 'openai-chat', 'openai-responses', 'offline'];

/**
 * A model as a label: those of the operator by their names; of the others, which users with keys of their own may name as
 * they like, only the provider.
 */
export function modelLabel({ models, images, search }: Ctx['config'], model: string): string {
  if (models.chain.includes(model) || model === images.model || model in search.prices) return model;
  const provider = model.split(':', 1)[0] ?? '';
  return providers.includes(provider) ? `${provider}:other` : 'other';
}
