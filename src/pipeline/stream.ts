import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDisabled } from '../accounts/work-limits.ts';
import type { AppContext } from '../context.ts';
import { eventsAfter } from './events.ts';

/** Proxies close a silent connection after 30-100 s; a comment line this often keeps it open. */
const heartbeatMs = 15_000;

/**
 * Writes a pipeline's events as server-sent events, first those after `Last-Event-ID`, then live ones. Ends after a
 * `done` that is the last thing recorded, so that a pipeline that was retried goes on being streamed, and when its
 * reader is disabled.
 */
export async function streamEvents(
  ctx: Pick<AppContext, 'db' | 'bus' | 'log'>,
  pipelineId: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const given = Number(request.headers['last-event-id'] ?? 0);
  let after = Number.isSafeInteger(given) && given > 0 ? given : 0;
  let closed = false;
  let wake: (() => void) | null = null;
  let changed = false;
  const onChange = () => {
    changed = true;
    wake?.();
  };

  reply.hijack();
  const response = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  response.write('retry: 1000\n\n');
  const unsubscribe = ctx.bus.subscribe(pipelineId, onChange);
  // Without an id, so that Last-Event-ID stays that of the last recorded event.
  const unwatch = ctx.bus.watchText(pipelineId, (live) => {
    response.write(`event: text\ndata: ${JSON.stringify(live)}\n\n`);
  });
  const endIfDisabled = () =>
    isDisabled(ctx.db, request.userId).then(
      (disabled) => {
        closed ||= disabled;
        onChange();
      },
      (error) =>
        ctx.log.warn({ err: error, pipelineId }, 'not known whether the reader of an event stream is disabled'),
    );
  const unsubscribeUser = ctx.bus.onDisabled(request.userId, endIfDisabled);
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
  response.on('close', () => {
    closed = true;
    onChange();
  });
  try {
    while (!closed) {
      changed = false;
      const events = await eventsAfter(ctx.db, pipelineId, after);
      for (const event of events) {
        response.write(
          `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify({ ...event.data, at: event.createdAt })}\n\n`,
        );
        after = event.id;
      }
      if (events.at(-1)?.type === 'done') break;
      if (!changed && events.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (changed) resolve();
        });
        wake = null;
      }
    }
  } catch (error) {
    // The answer has begun, so there is no error document to send: the browser reconnects with its Last-Event-ID.
    ctx.log.warn({ err: error, pipelineId }, 'event stream broke off');
  } finally {
    clearInterval(heartbeat);
    unsubscribe();
    unsubscribeUser();
    unwatch();
    response.end();
  }
}
