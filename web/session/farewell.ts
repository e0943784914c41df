/** Why nobody is signed in any more; the log-in page says it. */
export type Farewell = 'logged-out' | 'ended' | 'deleted' | 'password-reset' | 'may-have-account';

let last: { why: Farewell; email: string } | null = null;

/** Keeps why a session ended, and whose it was, for the log-in page of this tab. */
export function sayFarewell(why: Farewell, email = ''): void {
  last = { why, email };
}

/** What the log-in page has to say; null for someone who comes for the first time. */
export const farewell = () => last;

/** Once someone is signed in again. */
export function forgetFarewell(): void {
  last = null;
}
