import fastifyHelmet from '@fastify/helmet';
import fastifySwagger from '@fastify/swagger';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  type FastifySchema,
  fastify,
  LogController,
  type RouteOptions,
} from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { version } from '../config.ts';
import type { AppContext } from '../context.ts';
import { parseDsn } from '../monitoring/errors/envelope.ts';
import type { OpenSpan } from '../monitoring/traces/tracer.ts';
import { type Guard, sessionCookieName } from './access.ts';
import { serveDocs } from './docs.ts';
import { onError, onFrameworkError } from './on-error.ts';
import { refuseUnstorable } from './storable-input.ts';
import { serveWebApp } from './web-app.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What is measured of this request. */
    span?: OpenSpan;
  }
}

/** A Fastify instance whose routes are typed by their zod schemas. */
export type HttpServer = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** The routes of one feature, given the context; paths are relative to /api/v1. */
export type RegisterRoutes = (server: HttpServer, ctx: AppContext) => void;

const maxBodyBytes = 1_000_000;

/**
 * The HTTP side of the process: the API under /api/v1 (behind `guard`), its description at /openapi.json and
 * /docs, `open` routes for machines (health), and the web app for everything else. Does not listen yet.
 */
export async function createServer(
  ctx: AppContext,
  { guard, api, open }: { guard: Guard; api: RegisterRoutes[]; open: RegisterRoutes[] },
): Promise<HttpServer> {
  const server: HttpServer = fastify({
    loggerInstance: ctx.log as FastifyBaseLogger,
    // One line per answer, ours below, instead of two of Fastify's.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    // Ids are for finding a request in the log again; a client's own header is not trusted.
    genReqId: () => crypto.randomUUID(),
    forceCloseConnections: true,
    // The name of a model in a path, encoded: up to 200 characters, of which each may take three.
    routerOptions: { maxParamLength: 600 },
    frameworkErrors: onFrameworkError,
  }).withTypeProvider<ZodTypeProvider>();
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  // Every route takes JSON; Fastify would hand plain text on as a string.
  server.removeContentTypeParser('text/plain');
  server.setErrorHandler(onError);
  server.addHook('onRoute', describeAccess);
  const { counts, tracer } = ctx.telemetry;
  server.addHook('onRequest', (request, _reply, done) => {
    const span = tracer.begin(`${request.method} ${routeOf(request)}`, 'server', {
      'http.request.method': request.method,
      'http.route': routeOf(request),
      'request.id': request.id,
    });
    request.span = span;
    span.within(done);
  });
  server.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    const { statusCode: status } = reply;
    request.span?.note({ 'http.response.status_code': status });
    request.span?.end(status >= 500 ? String(status) : null);
    counts.answered({
      // Whoever asks for what is not there may do so with any method.
      method: route === noRoute ? 'any' : request.method,
      route,
      status,
      seconds: reply.elapsedTime / 1000,
      counts: isService(route),
    });
    // Without the query: a site that hands over a password can only put it there.
    // Nor the token of a mailed link.
    const path = request.url.split('?', 1)[0]?.replace(/(\/holds\/)[\w-]{20,}/, '$1...');
    request.log.debug(
      { method: request.method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    );
  });

  const { sentry } = ctx.config.monitoring;
  await server.register(fastifyHelmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'", ...(sentry ? [parseDsn(sentry.dsn).origin] : [])],
        styleSrc: ["'self'", "'unsafe-inline'"],
        frameAncestors: ["'none'"],
        // The app is also used over plain http on localhost.
        upgradeInsecureRequests: null,
      },
    },
    strictTransportSecurity: false,
  });
  await server.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'blog-poster',
        version,
        description:
          'Topics in, checked articles out. Times are ISO 8601 in UTC; money is integer micro-dollars (fields ending in MicroUsd); errors are RFC 9457 problem documents with a stable `code` and a `hint`.',
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An access token (POST /auth/login) or an API key, which begins bp_',
          },
          session: { type: 'apiKey', in: 'cookie', name: sessionCookieName, description: 'The cookie of the web app' },
        },
      },
      security: [{ bearer: [] }, { session: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });

  await server.register(
    async (scope) => {
      const routes = scope.withTypeProvider<ZodTypeProvider>() as HttpServer;
      routes.addHook('onRequest', guard);
      routes.addHook('preValidation', refuseUnstorable);
      for (const register of api) register(routes, ctx);
    },
    { prefix: '/api/v1' },
  );
  for (const register of open) register(server, ctx);
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
  await server.register(serveDocs);
  await serveWebApp(server);
  return server;
}

/** What no route takes: one series for all the paths that anyone may think of. */
const noRoute = 'none';
/** Files of the web app are one route: there are hundreds. */
const files = 'file';
function routeOf({ routeOptions: { url } }: FastifyRequest): string {
  if (url === undefined) return noRoute;
  if (/^\/(api\/|health|metrics$|mcp$|openapi\.json$)/.test(url)) return url;
  return url.startsWith('/docs') ? '/docs' : files;
}

/** Whether an answer says something about the service: not what monitors ask for, nor streams, which last as long as their reader. */
const isService = (route: string) => !route.startsWith('/health') && route !== '/metrics' && !route.endsWith('/events');

/** Says in the description of the API who may call a route, from the same setting that the guard goes by. */
function describeAccess(route: RouteOptions): void {
  const access = route.url.startsWith('/api/v1/') ? (route.config?.access ?? 'user') : 'public';
  route.schema = {
    ...route.schema,
    'x-access': access,
    ...(access === 'public' ? { security: [] } : {}),
  } as FastifySchema;
}
