import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { webAppFolder } from '../shipped-files.ts';
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
    // The build has put them beside each file.
    preCompressed: true,
    // File names under assets/ carry a hash of their content; index.html names the present ones.
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  server.setNotFoundHandler((request, reply) => {
    const page = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    if (page && !request.url.startsWith('/api/')) return reply.sendFile('index.html');
    return onNotFound(request, reply);
  });
}
