import type { RequestListener } from 'node:http';

/** An entry of a feed, as a test names it. */
export interface FeedEntry {
  title: string;
  path: string;
  /** ISO 8601; null for an entry without a date. */
  date?: string | null;
}

/** A feed in RSS 2.0; the addresses of its entries stand on `origin`. */
export function rssFeed(title: string, origin: string, entries: FeedEntry[]): string {
  const items = entries.map(({ title: name, path, date = new Date().toISOString() }) => {
    const published = date === null ? '' : `<pubDate>${new Date(date).toUTCString()}</pubDate>`;
    return `<item><title>${name}</title><link>${origin}${path}</link><guid>${crypto.randomUUID()}</guid>${published}
      <description>A long text that nobody is to copy: ${name}.</description></item>`;
  });
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>${title}</title><link>${origin}</link>${items.join('')}</channel></rss>`;
}

/** Serves a feed that knows what it said before: asked with its ETag it answers 304. Counts what it was asked. */
export function servedFeed(read: () => string): RequestListener & { asked: { changed: number; unchanged: number } } {
  const asked = { changed: 0, unchanged: 0 };
  const listener: RequestListener = (request, response) => {
    const body = read();
    const etag = `"${Buffer.from(body).toString('base64url').slice(-24)}${body.length}"`;
    const same = request.headers['if-none-match'] === etag;
    asked[same ? 'unchanged' : 'changed'] += 1;
    response.writeHead(same ? 304 : 200, { 'content-type': 'application/rss+xml', etag });
    response.end(same ? undefined : body);
  };
  return Object.assign(listener, { asked });
}
