import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Pages on several addresses of the loopback network, so that they count as pages of several parties. */
export interface PageServer {
  /** The address of a path on one of the hosts (0, 1, 2, ...), which all know the same pages. */
  at(host: number, path: string): string;
  /** What a path answers: HTML, or a listener of its own. Others answer 404. */
  pages: Map<string, string | RequestListener>;
  /** Every address that was asked for, without robots.txt. */
  visits: string[];
  close(): Promise<void>;
}

/** Starts `hosts` servers, on 127.0.0.1, 127.0.0.2 and so on. */
export async function startPageServer(hosts: number): Promise<PageServer> {
  const pages: PageServer['pages'] = new Map();
  const visits: string[] = [];
  const origins: string[] = [];
  const servers: Server[] = [];
  for (let host = 0; host < hosts; host++) {
    const server = createServer((request, response) => {
      const path = request.url ?? '/';
      if (path !== '/robots.txt') visits.push(`${origins[host]}${path}`);
      const page = pages.get(path);
      if (typeof page === 'function') {
        page(request, response);
        return;
      }
      response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(page ?? '<!doctype html><title>Not found</title>');
    });
    const address = `127.0.0.${host + 1}`;
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    origins.push(`http://${address}:${(server.address() as AddressInfo).port}`);
    servers.push(server);
  }
  return {
    at: (host, path) => `${origins[host]}${path}`,
    pages,
    visits,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

/** A page with a title and paragraphs, and the furniture that pages have around them. */
export function htmlPage(title: string, paragraphs: string[]): string {
  const body = paragraphs.map((text) => `<p>${text}</p>`).join('\n');
  return `<!doctype html><html lang="en"><head><title>${title}</title></head><body>
<nav><a href="/">Home</a> <a href="/about">About</a></nav>
<main><article><h1>${title}</h1>${body}</article></main>
<footer>All rights reserved.</footer></body></html>`;
}
