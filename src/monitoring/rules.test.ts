import { describe, expect, it } from 'vitest';
import type { BackupFacts } from './parts.ts';
import { type Rule, rules, type Watched } from './rules.ts';

const at = new Date('2026-11-30T12:00:00Z');
const hoursAgo = (hours: number) => new Date(at.getTime() - hours * 3_600_000);

const backups: BackupFacts = {
  storage: 'up',
  lastSucceededAt: hoursAgo(9),
  lastFailedAt: null,
  lastVerifiedAt: hoursAgo(8),
  lastVerifiedOk: true,
  late: { backup: false, verification: false },
  monthSucceeded: 30,
  monthFailed: 0,
  bytes: 1_000_000,
  problem: null,
};

/** An instance of which everything is known and nothing is wrong. */
const fine: Watched = {
  at,
  levels: {
    month: '2026-11',
    measuredSince: '2026-11-01T00:00:00.000Z',
    answers: { count: 10_000, p95Seconds: 0.3, goalSeconds: 2 },
    errors: { count: 3, share: 0.0003, goal: 0.01 },
    uptime: { minutes: 42_000, share: 0.999, goal: 0.95 },
    backups: { succeeded: 30, failed: 0, share: 1, goal: 1 },
  },
  oldestJobSeconds: 3,
  workers: { seenAt: at, silentMs: 1_000 },
  money: { spentMicroUsd: 10e6, reservedMicroUsd: 1e6, limitMicroUsd: 100e6 },
  publications: { failedLately: 0, publishedLately: 12, failed: 0 },
  sites: { total: 5, failing: 0, credentialsRejected: 0 },
  backups,
  disk: { freeBytes: 50e9, totalBytes: 100e9 },
  lately: { requests: 600, errors: 1, slow: 3 },
  certificateUntil: new Date('2027-02-01T00:00:00Z'),
  machine: 'web-1',
};

const called = (name: string): Rule => {
  const rule = rules.find((each) => each.name === name);
  if (!rule) throw new Error(`there is no rule ${name}`);
  return rule;
};
const { uptime } = fine.levels;

/** By rule: what makes it speak, with a word of what it says; what is just not enough; and what it cannot judge. */
const cases: Record<
  string,
  { wrong: [Partial<Watched>, string][]; fine: Partial<Watched>[]; unknown: Partial<Watched>[] }
> = {
  'backup-failed': {
    wrong: [
      [{ backups: { ...backups, lastFailedAt: hoursAgo(1), problem: 'The bucket refused the key.' } }, 'backup create'],
      [{ backups: { ...backups, lastSucceededAt: null, lastFailedAt: hoursAgo(1) } }, 'failed'],
    ],
    fine: [{ backups: { ...backups, lastFailedAt: hoursAgo(10) } }],
    unknown: [{ backups: null }],
  },
  'backup-stale': {
    wrong: [
      [
        { backups: { ...backups, lastSucceededAt: hoursAgo(37), late: { backup: true, verification: false } } },
        '2026-11-28',
      ],
      [
        { backups: { ...backups, lastSucceededAt: null, late: { backup: true, verification: false } } },
        'No backup has been made',
      ],
    ],
    fine: [{ backups: { ...backups, lastSucceededAt: null } }],
    unknown: [{ backups: null }],
  },
  'backup-unproven': {
    wrong: [
      [{ backups: { ...backups, lastVerifiedOk: false, problem: 'A row is missing.' } }, 'A row is missing.'],
      [{ backups: { ...backups, late: { backup: false, verification: true } } }, 'since 2026-11-30'],
    ],
    fine: [{ backups: { ...backups, lastVerifiedAt: null, lastVerifiedOk: null } }],
    unknown: [{ backups: null }],
  },
  'publications-failing': {
    wrong: [
      [{ publications: { failedLately: 3, publishedLately: 3, failed: 3 } }, '3 publications failed'],
      [{ publications: { failedLately: 40, publishedLately: 0, failed: 40 } }, 'redrive'],
    ],
    fine: [
      { publications: { failedLately: 2, publishedLately: 0, failed: 90 } },
      { publications: { failedLately: 3, publishedLately: 4, failed: 3 } },
    ],
    unknown: [],
  },
  errors: {
    wrong: [[{ lately: { requests: 100, errors: 3, slow: 0 } }, '3.0 %']],
    fine: [{ lately: { requests: 1_000, errors: 10, slow: 0 } }, { lately: { requests: 50, errors: 2, slow: 0 } }],
    unknown: [{ lately: null }, { lately: { requests: 49, errors: 49, slow: 0 } }],
  },
  'slow-answers': {
    wrong: [[{ lately: { requests: 100, errors: 0, slow: 6 } }, 'longer than 2 seconds']],
    fine: [{ lately: { requests: 100, errors: 0, slow: 5 } }],
    unknown: [{ lately: null }, { lately: { requests: 49, errors: 0, slow: 49 } }],
  },
  uptime: {
    wrong: [[{ levels: { ...fine.levels, uptime: { ...uptime, share: 0.94 } } }, '94 %']],
    fine: [{ levels: { ...fine.levels, uptime: { ...uptime, share: 0.951 } } }],
    unknown: [
      { levels: { ...fine.levels, uptime: { ...uptime, share: null } } },
      { levels: { ...fine.levels, measuredSince: hoursAgo(11).toISOString(), uptime: { ...uptime, share: 0.5 } } },
    ],
  },
  budget: {
    wrong: [
      [{ money: { spentMicroUsd: 89e6, reservedMicroUsd: 1e6, limitMicroUsd: 100e6 } }, '$90.00'],
      [{ money: { spentMicroUsd: 120e6, reservedMicroUsd: 0, limitMicroUsd: 100e6 } }, 'INSTANCE_MONTHLY_LIMIT_USD'],
    ],
    fine: [{ money: { spentMicroUsd: 89e6, reservedMicroUsd: 0, limitMicroUsd: 100e6 } }],
    unknown: [{ money: { spentMicroUsd: 0, reservedMicroUsd: 0, limitMicroUsd: 0 } }],
  },
  'worker-dead': {
    wrong: [[{ workers: { seenAt: hoursAgo(1), silentMs: 61_000 } }, '--role worker']],
    fine: [{ workers: { seenAt: at, silentMs: 59_000 } }],
    unknown: [{ workers: { seenAt: null, silentMs: null } }],
  },
  'queue-stuck': {
    wrong: [[{ oldestJobSeconds: 660 }, '11 minutes']],
    fine: [{ oldestJobSeconds: 599 }, { oldestJobSeconds: null }],
    unknown: [],
  },
  'site-credentials': {
    wrong: [[{ sites: { total: 5, failing: 2, credentialsRejected: 2 } }, '2 of 5 sites']],
    fine: [{ sites: { total: 5, failing: 5, credentialsRejected: 0 } }],
    unknown: [],
  },
  certificate: {
    wrong: [
      [{ certificateUntil: new Date('2026-12-14T11:00:00Z') }, '2026-12-14'],
      [{ certificateUntil: hoursAgo(1) }, 'certificate'],
    ],
    fine: [{ certificateUntil: new Date('2026-12-14T13:00:00Z') }],
    unknown: [{ certificateUntil: null }],
  },
  disk: {
    wrong: [
      [{ disk: { freeBytes: 99e6, totalBytes: 500e6 } }, 'web-1'],
      [{ disk: { freeBytes: 4.9e9, totalBytes: 100e9 } }, '4900 MB'],
    ],
    fine: [{ disk: { freeBytes: 6e9, totalBytes: 100e9 } }, { disk: { freeBytes: 200e6, totalBytes: 1e9 } }],
    unknown: [{ disk: null }],
  },
};

it('has cases of every rule', () => {
  expect(Object.keys(cases).sort()).toEqual(rules.map(({ name }) => name).sort());
  expect(rules.flatMap((rule) => Object.values(rule.look(fine)).filter(Boolean))).toEqual([]);
});

describe.each(Object.entries(cases))('%s', (name, { wrong, fine: enough, unknown }) => {
  it.each(wrong)('speaks of %j', (change, word) => {
    const findings = Object.values(called(name).look({ ...fine, ...change }));
    expect(findings).toHaveLength(1);
    expect(`${findings[0]?.summary} ${findings[0]?.hint}`).toContain(word);
    expect(findings[0]?.hint.length).toBeGreaterThan(40);
  });

  it.each(enough.map((change) => [change]))('is content with %j', (change) => {
    expect(Object.values(called(name).look({ ...fine, ...change }))).toEqual([null]);
  });

  it.each(unknown.map((change) => [change]))('cannot judge %j', (change) => {
    expect(called(name).look({ ...fine, ...change })).toEqual({});
  });
});
