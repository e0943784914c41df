import { expect, it } from 'vitest';
import { backupFactsOf, type KnownOfBackups } from './backup-facts.ts';
import { backupFailed, backupState, verificationState } from './parts.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 10, 30, hour));
const nothing: KnownOfBackups = {
  lastBackup: null,
  lastVerification: null,
  lastFailure: null,
  late: { backup: false, verification: false },
  counts: { succeeded: 0, failed: 0 },
};
const good: KnownOfBackups = {
  ...nothing,
  lastBackup: { at: at(3), bytes: 5_000 },
  lastVerification: { at: at(4), ok: true, error: null },
  counts: { succeeded: 30, failed: 1 },
};

it('before the first backup nothing is known, and nothing is up', () => {
  const facts = backupFactsOf(nothing);
  expect(facts).toMatchObject({ storage: 'not configured', bytes: null, problem: null });
  expect([backupState(facts), verificationState(facts)]).toEqual(['not configured', 'not configured']);
  const late = backupFactsOf({ ...nothing, late: { backup: true, verification: true } });
  expect([backupState(late), verificationState(late)]).toEqual(['down', 'down']);
});

it('a good backup that was proven is up, with the figures of the month', () => {
  const facts = backupFactsOf(good);
  expect(facts).toMatchObject({ storage: 'up', bytes: 5_000, monthSucceeded: 30, monthFailed: 1, problem: null });
  expect([backupState(facts), verificationState(facts)]).toEqual(['up', 'up']);
});

it('a failure after it is told with what to do, and the storage is down only when it was the storage', () => {
  const error = {
    code: 'backup_storage_unavailable',
    message: 'The bucket does not answer.',
    hint: 'Look at S3_ENDPOINT.',
  };
  const failed = backupFactsOf({ ...good, lastFailure: { at: at(5), error } });
  expect(failed).toMatchObject({ storage: 'down', problem: 'The bucket does not answer. Look at S3_ENDPOINT.' });
  expect(backupFailed(failed)).toBe(true);
  expect(backupState(failed)).toBe('down');
  const damaged = { code: 'backup_damaged', message: 'A row is missing.', hint: 'Keep the older ones.' };
  const unproven = backupFactsOf({ ...good, lastVerification: { at: at(6), ok: false, error: damaged } });
  expect(unproven).toMatchObject({ storage: 'up', problem: 'A row is missing. Keep the older ones.' });
  expect([backupState(unproven), verificationState(unproven)]).toEqual(['up', 'down']);
});
