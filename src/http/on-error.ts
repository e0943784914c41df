import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { explainDatabaseError } from '../db/database-error.ts';
import { AppError, type FieldError } from '../errors.ts';

/** RFC 9457 problem document with the product's own members. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable; every code is listed in docs/errors.md' }),
    requestId: z.string(),
    hint: z.string().meta({ description: 'What to do next' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    suggestions: z
      .array(z.string())
      .optional()
      .meta({ description: 'Names that may have been meant, the nearest first' }),
    duplicateOf: z
      .object({
        kind: z.enum(['article', 'pipeline', 'post', 'topic']),
        id: z.string().nullable().meta({ description: 'Null for posts' }),
        title: z.string(),
        url: z.string().optional(),
        siteName: z.string().optional(),
        reason: z.string(),
      })
      .optional()
      .meta({ description: 'With `duplicate_topic`: what the topic comes too close to' }),
  })
  .meta({ id: 'Problem' });

/** The error answers that every route may give, for the route's schema. */
export const problems = <Status extends number>(...statuses: Status[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { content: { 'application/problem+json': { schema: problemSchema } }, description: titles[status] ?? 'Error' },
    ]),
  ) as Record<
    Status,
    { content: { 'application/problem+json': { schema: typeof problemSchema } }; description: string }
  >;

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  402: 'Budget exceeded',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not valid',
  429: 'Too many requests',
  500: 'Internal error',
  502: 'Bad gateway',
  503: 'Unavailable',
  507: 'No room left',
};

/** Every error leaves as a problem document; only the unexpected ones are logged with their stack. */
export function onError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const known = asAppError(error, request);
  if (known.code === 'internal') request.log.error({ err: error, requestId: request.id }, 'request failed');
  send(known, request, reply);
}

/** An address that cannot even be taken apart, such as `%E0%A4%A`; Fastify answers these before there is a route. */
export function onFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (error.code !== 'FST_ERR_BAD_URL') {
    onError(error, request, reply);
    return;
  }
  send(
    new AppError('invalid_request', 'The address holds a % that does not begin an encoded character.', {
      hint: 'Encode the parts of the address (encodeURIComponent) and send the request again.',
    }),
    request,
    reply,
  );
}

/** A path that no route knows. */
export function onNotFound(request: FastifyRequest, reply: FastifyReply): void {
  send(
    new AppError('not_found', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`),
    request,
    reply,
  );
}

function send(error: AppError, request: FastifyRequest, reply: FastifyReply): void {
  if (error.status === 429 && error.retryAt) {
    reply.header('retry-after', String(Math.max(1, Math.ceil((error.retryAt.getTime() - Date.now()) / 1000))));
  }
  reply
    .code(error.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(
      JSON.stringify({
        type: `urn:blog-poster:problem:${error.code}`,
        title: titles[error.status] ?? 'Error',
        status: error.status,
        detail: error.message,
        code: error.code,
        requestId: request.id,
        hint: error.hint,
        ...(error.errors ? { errors: error.errors } : {}),
        ...(error.suggestions?.length ? { suggestions: error.suggestions } : {}),
        ...(error.code === 'duplicate_topic' ? { duplicateOf: error.details?.duplicateOf } : {}),
      }),
    );
}

function asAppError(error: FastifyError | Error, request: FastifyRequest): AppError {
  if (error instanceof AppError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors: FieldError[] = error.validation.map((issue) => ({
      path: issue.instancePath.replace(/^\//, '').replaceAll('/', '.'),
      message: issue.message ?? 'is not valid',
    }));
    const first = errors[0];
    const detail = first ? `${first.path || error.validationContext}: ${first.message}` : 'The request is not valid.';
    return new AppError('invalid_request', detail, { errors });
  }
  if (isResponseSerializationError(error))
    return new AppError('internal', 'The answer could not be built.', { cause: error });
  const code = 'code' in error ? error.code : '';
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    if (request.routeOptions.url === '/api/v1/topics/import') {
      return new AppError('body_too_large', 'The list is over 5 MB.', {
        hint: 'Split it into files of at most 5,000 topics and import one after the other.',
      });
    }
    return request.routeOptions.url === '/api/v1/images'
      ? new AppError('body_too_large', 'The image is over 10 MB.', {
          hint: 'Make the image smaller and send it again.',
        })
      : new AppError('body_too_large', 'The request body is over 1 MB.');
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new AppError('unsupported_media_type', 'The request body is not JSON.');
  }
  if ('statusCode' in error && error.statusCode === 400) {
    return new AppError('malformed_body', 'The request body could not be read as JSON.', { cause: error });
  }
  return explainDatabaseError(error) ?? new AppError('internal', 'Something unexpected went wrong.', { cause: error });
}
