import { createHash } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';

/**
 * The API's reference for people at /docs. Its page starts with an inline script, which the content security policy
 * forbids everywhere: here exactly the scripts that stand in the page are allowed, by their digests.
 */
export async function serveDocs(server: FastifyInstance): Promise<void> {
  server.addHook('onSend', async (_request, reply, payload) => {
    const html = String(reply.getHeader('content-type') ?? '').startsWith('text/html');
    if (html && typeof payload === 'string') {
      const scripts = [...payload.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)];
      const digests = scripts.map(
        ([, text]) =>
          `'sha256-${createHash('sha256')
            .update(text ?? '')
            .digest('base64')}'`,
      );
      const policy = String(reply.getHeader('content-security-policy') ?? '');
      reply.header(
        'content-security-policy',
        policy.replace("script-src 'self'", `script-src 'self' ${digests.join(' ')}`),
      );
    }
    return payload;
  });

  let pages: Promise<FastifyInstance> | undefined;
  server.addHook('onClose', async () => (await pages)?.close());
  for (const url of ['/docs', '/docs/*']) {
    server.get(url, { schema: { hide: true } }, async (request, reply) => {
      pages ??= loadPages();
      const answer = await (await pages).inject({ method: 'GET', url: request.url, headers: request.headers });
      if (answer.statusCode === 404) return reply.callNotFound();
      const { 'content-length': _, connection: __, 'transfer-encoding': ___, ...headers } = answer.headers;
      reply.code(answer.statusCode).headers(headers);
      return reply.send(answer.body);
    });
  }
}

/**
 * The pages are four megabytes of script that few servers are ever asked for, and Fastify takes no plugin after its
 * start: they live in a server of their own, which listens nowhere and is built by the first request.
 */
async function loadPages(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const pages = fastify();
  await pages.register(scalar, {
    routePrefix: '/docs',
    // Nothing is loaded from or sent to anyone else.
    configuration: {
      url: '/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      showDeveloperTools: 'never',
    },
  });
  await pages.ready();
  return pages;
}
