import { useSyncExternalStore } from 'react';

/** How often a server that does not answer is asked whether it does again, and how long it may take, in milliseconds. */
const againMs = 3_000;
const answerMs = 4_000;

let lost = false;
let asking = false;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
const returns = new Set<() => void>();

/**
 * Whether the server answers is asked of the server: it may be this very machine, which the browser takes for offline, and
 * a request that was broken off says nothing about it.
 */
async function ask(): Promise<void> {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  let answers: boolean;
  try {
    answers = (await fetch('/health/live', { cache: 'no-store', signal: AbortSignal.timeout(answerMs) })).ok;
  } catch (error) {
    console.info('The server does not answer.', error);
    answers = false;
  }
  asking = false;
  if (!answers) timer = setTimeout(() => void ask(), againMs);
  if (lost === !answers) return;
  lost = !answers;
  for (const listener of listeners) listener();
  if (!lost) for (const listener of returns) listener();
}

/** A request got no answer, or the browser says that the network has changed: look whether the server is there. */
export const doubtConnection = (): void => void ask();

/** Calls `listener` whenever the server answers again. */
export function onReturn(listener: () => void): () => void {
  returns.add(listener);
  return () => returns.delete(listener);
}

/** Whether the server answers, as far as is known; `offline` where the browser says that it has no network at all. */
export const useConnection = (): 'well' | 'lost' | 'offline' =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => (!lost ? 'well' : navigator.onLine ? 'lost' : 'offline'),
  );

for (const type of ['online', 'offline']) {
  window.addEventListener(type, () => {
    for (const listener of listeners) listener();
    doubtConnection();
  });
}
