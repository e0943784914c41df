import type { Config, Secrets } from '../config.ts';
import { type Logger, reportErrorsTo } from '../logger.ts';
import { type Counts, createCounts } from './counts.ts';
import { type ErrorReporter, noReporter } from './errors/reporter.ts';
import { noTracer, type Tracer } from './traces/tracer.ts';

/** What the process tells of itself: counts always, errors and traces where somebody is to have them. */
export interface Telemetry {
  counts: Counts;
  errors: ErrorReporter;
  tracer: Tracer;
  close(): Promise<void>;
}

/** Builds what the configuration asks for; what nobody asks for is not loaded. Errors in the log are told from then on. */
export async function createTelemetry(
  config: Pick<Config, 'monitoring'>,
  secrets: Secrets,
  log: Logger,
): Promise<Telemetry> {
  const { sentry, traces } = config.monitoring;
  let errors = noReporter;
  if (sentry) {
    const { createSentryReporter } = await import('./errors/sentry.ts');
    const { createScrub } = await import('./errors/scrub.ts');
    errors = createSentryReporter({ ...sentry, scrub: createScrub(secrets) }, log);
    reportErrorsTo(log, (error, context) => errors.report(error, context));
  }
  let tracer = noTracer;
  if (traces) {
    const { createOtlpTracer, parseHeaders } = await import('./traces/otlp-tracer.ts');
    tracer = createOtlpTracer({ ...traces, headers: parseHeaders(secrets.tracesHeaders) }, log);
  }
  return {
    counts: createCounts(),
    errors,
    tracer,
    async close() {
      await tracer.close();
      await errors.close();
    },
  };
}
