import type { AppContext } from '../context.ts';
import { notifyText } from './event-bus.ts';

/** How often the text that is being written is shown, in milliseconds. */
const intervalMs = 400;
/** The end of the text that is shown, in characters: four bytes each still fit into one notification. */
const maxCharacters = 1_500;

/**
 * Shows text while it is written, a few times a second, to whoever watches the run page. It is shown and nothing else:
 * what does not arrive is lost, and no failure in here reaches the work.
 */
export function createShow(
  ctx: Pick<AppContext, 'db' | 'log'>,
  pipelineId: string,
  step: string,
): (text: () => string) => void {
  // An answer that is there at once is not worth showing.
  let next = performance.now() + intervalMs;
  return (text) => {
    if (performance.now() < next) return;
    next = performance.now() + intervalMs;
    const whole = text();
    if (whole === '') return;
    const end = whole.length > maxCharacters ? whole.slice(-maxCharacters).replace(/^\S{0,40}\s/, '') : whole;
    notifyText(ctx.db, pipelineId, { step, text: end }).catch((error: unknown) => {
      ctx.log.debug({ err: error, pipelineId }, 'text could not be shown');
    });
  };
}
