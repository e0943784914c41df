import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { version } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Attributes, OpenSpan, Tracer } from './tracer.ts';

/** Where spans go: OTLP over HTTP as JSON, at `<endpoint>/v1/traces`. */
export interface Receiver {
  endpoint: string;
  headers: Record<string, string>;
  serviceName: string;
  /** The share of traces that is sent, from 0 to 1. */
  sampleRate: number;
}

/** In milliseconds: how often spans are sent, and how long a receiver may take. */
const everyMs = 5_000;
const answerMs = 10_000;
/** So many spans are kept for a receiver that is away; more are dropped. */
const mostKept = 2_000;
const mostAtOnce = 500;
const complainMs = 600_000;

const kinds = { internal: 1, server: 2, client: 3 } as const;

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Value[];
  status: { code: number; message?: string };
}

type Value = {
  key: string;
  value: { stringValue: string } | { boolValue: boolean } | { intValue: string } | { doubleValue: number };
};

/** Which trace and span is under way; `sampled` false where this trace is not sent. */
interface Place {
  traceId: string;
  spanId: string;
  sampled: boolean;
}

/**
 * Sends spans to a receiver of OpenTelemetry, by its protocol and without its library: what is measured are three kinds of
 * things in one program. Whoever sends requests does not choose what is traced: their `traceparent` is not looked at.
 */
export function createOtlpTracer(receiver: Receiver, log: Logger): Tracer {
  const places = new AsyncLocalStorage<Place>();
  let kept: Span[] = [];
  let sending: Promise<void> = Promise.resolve();
  let complainedAt = Number.NEGATIVE_INFINITY;
  const timer = setInterval(() => void flush(), everyMs);
  timer.unref();

  async function post(spans: Span[]): Promise<void> {
    const service = [
      { key: 'service.name', value: { stringValue: receiver.serviceName } },
      { key: 'service.version', value: { stringValue: version } },
    ];
    const body = {
      resourceSpans: [
        { resource: { attributes: service }, scopeSpans: [{ scope: { name: 'blog-poster', version }, spans }] },
      ],
    };
    const answer = await fetch(`${receiver.endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...receiver.headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerMs),
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the receiver answered ${answer.status}`);
  }

  function flush(): Promise<void> {
    sending = sending.then(async () => {
      while (kept.length > 0) {
        const spans = kept.slice(0, mostAtOnce);
        kept = kept.slice(spans.length);
        try {
          await post(spans);
        } catch (error) {
          // Traces are no reason to hold anything up, nor worth keeping for long.
          if (performance.now() - complainedAt > complainMs) {
            complainedAt = performance.now();
            log.warn(
              { reason: String(error) },
              'traces could not be sent; they are dropped until the receiver takes them',
            );
          }
          return;
        }
      }
    });
    return sending;
  }

  function begin(name: string, kind: keyof typeof kinds, attributes: Attributes): OpenSpan {
    const parent = places.getStore();
    const place: Place = {
      traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      sampled: parent?.sampled ?? Math.random() < receiver.sampleRate,
    };
    if (!place.sampled) {
      return { note: () => undefined, end: () => undefined, within: (work) => places.run(place, work) };
    }
    const told = { ...attributes };
    const start = nanoseconds();
    return {
      note: (more) => {
        Object.assign(told, more);
      },
      end(failed = null) {
        if (kept.length >= mostKept) return;
        kept.push({
          traceId: place.traceId,
          spanId: place.spanId,
          ...(parent ? { parentSpanId: parent.spanId } : {}),
          name,
          kind: kinds[kind],
          startTimeUnixNano: start,
          endTimeUnixNano: nanoseconds(),
          attributes: Object.entries(told).map(([key, value]) => ({ key, value: otlpValue(value) })),
          status: failed === null ? { code: 0 } : { code: 2, message: failed },
        });
      },
      within: (work) => places.run(place, work),
    };
  }

  return {
    begin,
    async span(name, kind, attributes, work) {
      const span = begin(name, kind, attributes);
      try {
        const result = await span.within(() => work(span));
        span.end();
        return result;
      } catch (error) {
        // The code and not the message, which may quote what a person wrote.
        span.end(error instanceof AppError ? error.code : error instanceof Error ? error.name : 'unknown');
        throw error;
      }
    },
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

const nanoseconds = () => `${Math.round((performance.timeOrigin + performance.now()) * 1000)}000`;

function otlpValue(value: string | number | boolean): Value['value'] {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Headers as OpenTelemetry has them in OTEL_EXPORTER_OTLP_HEADERS: `name=value`, percent-encoded, several by commas. */
export function parseHeaders(headers: string | null): Record<string, string> {
  const entries = (headers ?? '').split(',').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at).trim().toLowerCase(), decodeURIComponent(entry.slice(at + 1).trim())];
    }),
  );
}
