import type { AppContext } from '../context.ts';
import { settleOrphaned } from './ledger.ts';
import { warnOfInstance, warnOfMissed } from './warnings.ts';

/**
 * How often the money is looked after, in milliseconds. A worker that dies is silent for up to 12 seconds before its lease
 * runs out, and its reservations are left alone for 15 more: with this they are settled within a minute.
 */
const everyMs = 30_000;

/**
 * Looks after the money every 30 seconds: what dead workers left reserved is settled, and whoever has to be told of a
 * limit and was not is told. Returns what ends it.
 */
export async function tendBudget(ctx: AppContext): Promise<() => void> {
  let busy = false;
  const tend = async () => {
    if (busy) return;
    busy = true;
    await lookAfterBudget(ctx);
    busy = false;
  };
  const timer = setInterval(() => void tend(), everyMs);
  await tend();
  return () => clearInterval(timer);
}

/** One look. Each part is on its own: what goes wrong in one is logged and does not keep the others from being done. */
export async function lookAfterBudget(
  ctx: Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'log'>,
): Promise<void> {
  const parts = {
    'reservations of dead workers were not settled': () => settleOrphaned(ctx.db),
    'users were not told what they have spent': () => warnOfMissed(ctx),
    'admins were not told what the instance has spent': () => warnOfInstance(ctx),
  };
  for (const [failure, part] of Object.entries(parts)) {
    try {
      await part();
    } catch (error) {
      ctx.log.warn({ err: error }, failure);
    }
  }
}
