/**
 * The place in this app that `next` names, or null. An address that someone put into a link must not lead to another
 * site: what the browser would make of it is asked of the browser's own parser, which knows that `/\evil.example`,
 * a tab within `//` and `/.//evil.example` are ways to say `//evil.example`.
 */
export function ownPath(next: string | undefined, origin: string): string | null {
  if (!next?.startsWith('/')) return null;
  const url = URL.parse(next, origin);
  if (url?.origin !== origin || url.pathname.startsWith('//')) return null;
  // Files and answers of the server are no pages of the app, and a door that leads to a door leads nowhere.
  if (/^\/(api|docs|login|register|forgot-password|reset-password|verify-email)(\/|$)/.test(url.pathname)) return null;
  return `${url.pathname}${url.search}${url.hash}`;
}
