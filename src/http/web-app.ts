import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { webAppFolder } from '../shipped-files.ts';
import { sessionCookieName } from './access.ts';
import { onNotFound } from './on-error.ts';
import type { HttpServer } from './server.ts';

const root = fileURLToPath(webAppFolder);

/** Serves the built web app; its own router handles the paths, so every page address answers with index.html. */
export async function serveWebApp(server: HttpServer): Promise<void> {
  if (!existsSync(`${root}index.html`)) {
    server.setNotFoundHandler(onNotFound);
    server.log.warn('the web app is not built: run "npm run build" (npm start does it)');
    return;
  }
  await server.register(fastifyStatic, {
    root,
    wildcard: false,
    index: false,
    // The build has put them beside each file.
    preCompressed: true,
    // File names under assets/ carry a hash of their content; index.html names the present ones.
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const page = readPages();
  const answer = (request: FastifyRequest, reply: FastifyReply) => {
    const signedIn = (request.headers.cookie ?? '').includes(sessionCookieName);
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(page(request.url.split('?', 1)[0] ?? '/', signedIn));
  };
  server.get('/', { schema: { hide: true } }, answer);
  server.setNotFoundHandler((request, reply) => {
    const wanted = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    return wanted && !request.url.startsWith('/api/') ? answer(request, reply) : onNotFound(request, reply);
  });
}

/** The HTML of every page of the build. */
function readPages(): (path: string, signedIn: boolean) => string {
  const index = readFileSync(`${root}index.html`, 'utf8');
  return htmlOfPages(index, JSON.parse(readFileSync(`${root}page-files.json`, 'utf8')));
}

/**
 * The HTML of the page at a path: `index`, which names the files that this page takes beyond those of every page, so that they
 * are on their way together. Whether someone is signed in is only guessed: a wrong guess loads files that are not needed.
 * @param files by address as the router of the web app writes it (`/runs/$runId`), and by `outside` for what is at `/` to
 *   whoever is not signed in
 */
export function htmlOfPages(
  index: string,
  files: Readonly<Record<string, readonly string[]>>,
): (path: string, signedIn: boolean) => string {
  const pages = Object.entries(files)
    .map(([path, names]) => ({
      path,
      parameters: path.split('$').length - 1,
      pattern: new RegExp(`^${path.replace(/\$\w+/g, '[^/]+')}/?$`),
      html: index.replace(
        '</head>',
        () => `${names.map((name) => `  <link rel="modulepreload" crossorigin href="${name}">\n  `).join('')}</head>`,
      ),
    }))
    // What is named whole goes before what has a parameter in its place.
    .sort((a, b) => a.parameters - b.parameters);
  const outside = pages.find(({ path }) => path === 'outside')?.html ?? index;
  return (path, signedIn) =>
    path === '/' && !signedIn ? outside : (pages.find(({ pattern }) => pattern.test(path))?.html ?? index);
}
