import type { AppContext } from '../context.ts';
import { runDueSchedules } from './run-due.ts';

/** How often to look for schedules whose time has come, in milliseconds: an article is begun at most so late. */
const lookMs = 5_000;

/** Runs schedules until what it returns is called. */
export async function workSchedules(ctx: AppContext): Promise<() => void> {
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      for (const run of await runDueSchedules(ctx)) {
        ctx.log.info(
          { schedule: run.scheduleId, slot: run.slotAt, outcome: run.outcome, missed: run.missed },
          'schedule',
        );
      }
    } catch (error) {
      ctx.log.warn({ err: error }, 'running schedules failed');
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(look, lookMs);
  await look();
  return () => clearInterval(timer);
}
