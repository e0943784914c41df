/** An id for a source in the form; it never leaves the page. Not crypto.randomUUID: that is missing on plain http. */
export function newSourceId(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}
