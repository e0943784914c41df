import type { QueryClient } from '@tanstack/react-query';
import { sessionOptions } from '@/session/session.ts';

/** What happens before it is known whether anyone wants to hear of it; more than this is not kept. */
const mostKept = 10;
const kept: unknown[] = [];
let tell: ((error: unknown) => void) | null = null;

/** Tells the operator's receiver of an error that nobody caught, if there is one. */
export function noteError(error: unknown): void {
  if (tell) tell(error);
  else if (kept.length < mostKept) kept.push(error);
}

/** Hears of every error that nobody caught. What sends them is only loaded where the operator has set SENTRY_DSN. */
export async function watchErrors(queries: QueryClient): Promise<void> {
  window.addEventListener('error', ({ error }) => noteError(error));
  window.addEventListener('unhandledrejection', ({ reason }) => noteError(reason));
  const { instance } = await queries.ensureQueryData(sessionOptions);
  if (instance.errorReports === null) {
    tell = () => undefined;
    return;
  }
  const { createReporter } = await import('./report.ts');
  tell = createReporter(instance.errorReports);
  for (const error of kept.splice(0)) tell(error);
}
