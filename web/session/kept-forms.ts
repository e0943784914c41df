/**
 * What was typed into a form and not sent yet, by the form's name. It lives in the memory of this tab alone, for the way
 * over the log-in page when a session ends in the middle of work; passwords are never among it.
 */
const kept = new Map<string, Record<string, string>>();

export const keptForm = (name: string | undefined) => (name === undefined ? undefined : kept.get(name));

export function keepForm(name: string, values: Record<string, string>): void {
  kept.set(name, values);
}

export function dropForm(name: string): void {
  kept.delete(name);
}

/** When someone else signs in. */
export const dropAllForms = () => kept.clear();
