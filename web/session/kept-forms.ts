const storeName = 'blog-poster:kept-forms';

/**
 * What was typed into a form and not sent yet, by the form's name. It lives in the memory of this tab alone, for the way
 * over the log-in page when a session ends in the middle of work; passwords are never among it.
 */
const kept = new Map<string, Record<string, string>>(takeOver());

export const keptForm = (name: string | undefined) => (name === undefined ? undefined : kept.get(name));

export function keepForm(name: string, values: Record<string, string>): void {
  kept.set(name, values);
}

export function dropForm(name: string): void {
  kept.delete(name);
}

/** When someone else signs in. */
export const dropAllForms = () => kept.clear();

/** Loads the page anew without losing what was typed. */
export function reloadWithForms(): void {
  try {
    sessionStorage.setItem(storeName, JSON.stringify([...kept]));
  } catch (error) {
    console.info('This tab has no room or no permission to keep what was typed.', error);
  }
  window.location.reload();
}

/** What the page before the reload has left, once. */
function takeOver(): [string, Record<string, string>][] {
  try {
    const left = JSON.parse(globalThis.sessionStorage?.getItem(storeName) ?? '[]');
    globalThis.sessionStorage?.removeItem(storeName);
    return left;
  } catch (error) {
    console.info('What was typed before the page was loaded anew could not be read.', error);
    return [];
  }
}
