const day = 86_400_000;
/** Farther ahead, in milliseconds, is no wish of a provider but a slip, such as a moment where seconds belong. */
const farthest = 31 * day;
/** The last moment that a Date can hold, in milliseconds since 1970. */
const endOfTime = 8.64e15;

/** The three forms of an HTTP date all begin with the day of the week; some servers write ISO 8601. */
const dateLike = /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s|^\d{4}-\d\d-\d\dT/i;

/**
 * When someone wants to be asked again: `Retry-After` in seconds, also with a fraction, or as a date (RFC 9110, section
 * 10.2.3). Null for none, for one that does not lie ahead of `now`, and for what is neither. However far it is ahead:
 * callers say how long they wait at most, or take {@link believableRetryAfter}.
 */
export function readRetryAfter(value: string | null | undefined, now: Date): Date | null {
  const said = value?.trim();
  if (!said) return null;
  const seconds = /^\d+(\.\d+)?$/.test(said);
  if (!seconds && !dateLike.test(said)) return null;
  const at = seconds ? now.getTime() + Number(said) * 1000 : Date.parse(said);
  return at > now.getTime() && at <= endOfTime ? new Date(at) : null;
}

/** The same, and null for what is more than a month ahead. */
export function believableRetryAfter(value: string | null | undefined, now: Date): Date | null {
  const at = readRetryAfter(value, now);
  return at !== null && at.getTime() - now.getTime() <= farthest ? at : null;
}
