import type { Pipeline } from '@/api/client/types.gen.ts';
import { t } from '@/strings.ts';

/** The words for a wait: what is missing when money is depends on the limit that a call did not fit under. */
export function waitingWords({ reason, cap }: NonNullable<Pipeline['waiting']>) {
  return reason === 'budget_exceeded' && cap !== undefined && cap !== 'pipeline' ? t.waiting[cap] : t.waiting[reason];
}
