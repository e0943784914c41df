import type { Look, Rule } from './rules.ts';
import type { Incident } from './schema.ts';

/** What a rule found at one look. */
export interface Looked {
  rule: Pick<Rule, 'name' | 'holdMs'>;
  look: Look;
}

/** What becomes of incidents after a look. */
export interface Decision {
  /** New ones; those of rules that need not last are opened at once. */
  noticed: { rule: string; subject: string; summary: string; hint: string; opened: boolean }[];
  /** Have lasted long enough: somebody is told. */
  opened: Incident[];
  /** Still so. */
  seen: Incident[];
  /** Were over before anybody was told. */
  forgotten: Incident[];
  /** Are over: whoever was told is told that. */
  ended: Incident[];
}

const minuteMs = 60_000;
/** What has not been so for this long is over, if it was the first time within a day; then twice as long each time. */
const quietMs = 10 * minuteMs;
const longestQuietMs = 24 * 60 * minuteMs;

/** How long something must not have been seen until it is over, in milliseconds; `times` it began within a day. */
export const quietFor = (times: number): number => Math.min(longestQuietMs, quietMs * 2 ** Math.max(0, times - 1));

/** What an incident is about. */
export const keyOf = ({ rule, subject }: { rule: string; subject: string }) => `${rule} ${subject}`;

/**
 * What follows from a look at what is open. What comes and goes stays one incident: it is over only after a quiet time, which
 * doubles with each time that it began anew within a day, so that nobody is woken ten times. What nobody knows stays as it
 * is, and is over when nobody has seen it for a day.
 *
 * @param openedLately how often each began within the last day, by {@link keyOf}, the present time included
 */
export function decide(
  standing: readonly Incident[],
  looked: readonly Looked[],
  now: Date,
  openedLately: ReadonlyMap<string, number>,
): Decision {
  const decision: Decision = { noticed: [], opened: [], seen: [], forgotten: [], ended: [] };
  const known = new Set<string>();
  const by = new Map(standing.map((incident) => [keyOf(incident), incident]));
  for (const { rule, look } of looked) {
    for (const [subject, finding] of Object.entries(look)) {
      const key = keyOf({ rule: rule.name, subject });
      known.add(key);
      const incident = by.get(key);
      if (finding && !incident) {
        decision.noticed.push({ rule: rule.name, subject, ...finding, opened: rule.holdMs === 0 });
      } else if (finding && incident) {
        const current = { ...incident, ...finding };
        decision.seen.push(current);
        const lasted = now.getTime() - incident.noticedAt.getTime();
        if (incident.openedAt === null && lasted >= rule.holdMs) decision.opened.push(current);
      } else if (incident && incident.openedAt === null) decision.forgotten.push(incident);
      else if (incident) {
        const quiet = now.getTime() - incident.seenAt.getTime();
        if (quiet >= quietFor(openedLately.get(key) ?? 1)) decision.ended.push(incident);
      }
    }
  }
  for (const incident of standing) {
    if (known.has(keyOf(incident)) || now.getTime() - incident.seenAt.getTime() < longestQuietMs) continue;
    (incident.openedAt === null ? decision.forgotten : decision.ended).push(incident);
  }
  return decision;
}
