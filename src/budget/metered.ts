import type { AppContext } from '../context.ts';
import { callSettled } from '../events.ts';
import { type CallPlan, type CallResult, reserve, settle } from './ledger.ts';
import { turnOf } from './turn.ts';
import { checkSpending } from './warnings.ts';

type Ctx = Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'log'>;
type CountingCtx = Ctx & Pick<AppContext, 'telemetry'>;

/**
 * Reserves the worst case of a call and waits its turn, see {@link reserve}. When the user's month has no room for it,
 * they are told. Throws `budget_exceeded`, `lease_lost`, `not_found`, or the reason of the owner's signal.
 */
export function reserveInTurn(
  ctx: Ctx,
  plan: CallPlan,
  owner: { signal: AbortSignal; log(message: string): Promise<void> },
): Promise<string> {
  const { userId, payer } = plan;
  return reserve(ctx, plan, {
    ...turnOf(owner),
    onRefused({ cap, month, neededMicroUsd }) {
      if (month === null || cap === 'instance') return;
      checkSpending(ctx, { userId, payer, month: month.name }, neededMicroUsd);
    },
  });
}

/** Replaces the reservation by the true cost, see {@link settle}, and has the user told when a share of their limit is reached. */
export async function settleCall(ctx: CountingCtx, callId: string, result: CallResult): Promise<void> {
  const counter = await settle(ctx.db, callId, result);
  if (counter) callSettled(ctx, counter);
  // What costs nothing moves no counter.
  if (counter && result.costMicroUsd !== 0) checkSpending(ctx, counter);
}
