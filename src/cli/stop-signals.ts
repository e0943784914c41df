import { constants } from 'node:os';

type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * npm hands the signals it gets on to what it runs, and Ctrl-C on a terminal reaches both by itself: one key press
 * arrives twice within a few milliseconds. A second wish comes later than this, in milliseconds.
 */
const samePressMs = 400;

/** How often to look whether npm is still there, in milliseconds. */
const parentMs = 500;

/**
 * Calls `stop` at the first SIGINT or SIGTERM, so that work can be handed over in order; a second signal ends the
 * process at once, with the status that shells expect (128 + number). Returns the function that stops listening.
 *
 * With `underNpm` the end of the parent counts as SIGTERM: npm runs scripts through a shell and sends its signals to
 * that shell, which on Debian dies of them without passing them on. The server would go on alone, holding its data.
 */
export function onStopSignal(stop: (signal: StopSignal) => void, underNpm: boolean): () => void {
  let since: number | null = null;
  const onSignal = (signal: StopSignal) => {
    if (since === null) {
      since = performance.now();
      stop(signal);
    } else if (performance.now() - since > samePressMs) {
      process.exit(128 + constants.signals[signal]);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const parent = process.ppid;
  const watch = underNpm
    ? setInterval(() => {
        if (process.ppid === parent) return;
        clearInterval(watch);
        onSignal('SIGTERM');
      }, parentMs)
    : undefined;
  return () => {
    clearInterval(watch);
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}
