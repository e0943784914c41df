import { createHash } from 'node:crypto';
import scalar from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';

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
  await server.register(scalar, {
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
}
