/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3): how long to wait from `now`, in milliseconds; null without one that lies ahead. */
export function retryAfterMs(headers: Headers, now: Date): number | null {
  const value = headers.get('retry-after')?.trim();
  if (!value) return null;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime();
  return wait > 0 ? wait : null;
}
