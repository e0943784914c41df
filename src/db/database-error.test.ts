import { DrizzleQueryError } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { explainDatabaseError } from './database-error.ts';
import { patiently } from './patiently.ts';

const said = (code: string, message = 'as the server said it') => Object.assign(new Error(message), { code });

test.each([
  ['a full disk', said('53100'), 'storage_full', true],
  ['a full disk under our own files', said('ENOSPC'), 'storage_full', true],
  ['no connection left', said('53300'), 'database_unavailable', true],
  ['a shutdown', said('57P01'), 'database_unavailable', true],
  ['a crash', said('57P02'), 'database_unavailable', true],
  ['a start', said('57P03'), 'database_unavailable', true],
  ['a standby', said('25006'), 'database_unavailable', true],
  ['a closed port', said('ECONNREFUSED'), 'database_unavailable', true],
  ['several closed ports', new AggregateError([said('ECONNREFUSED')]), 'database_unavailable', true],
  ['a cut connection', new Error('Connection terminated unexpectedly'), 'database_unavailable', true],
  ['a crowded pool', new Error('timeout exceeded when trying to connect'), 'database_unavailable', true],
  ['U+0000 in a text', said('22021'), 'invalid_request', false],
  ['U+0000 in JSON', said('22P05'), 'invalid_request', false],
  ['what a query carries within', new DrizzleQueryError('select 1', [], said('53100')), 'storage_full', true],
])('%s is named, and whether waiting helps', (_what, error, code, retryable) => {
  const explained = explainDatabaseError(error);
  expect(explained).toMatchObject({ code, retryable });
  expect(explained?.hint.length).toBeGreaterThan(20);
  expect(explained?.message).not.toContain('as the server said it');
});

test.each([
  ['a fault of ours', said('42703')],
  ['an error with a name already', new AppError('not_found', 'x')],
  ['one of ours that a database error caused', new AppError('site_unreachable', 'x', { cause: said('ECONNREFUSED') })],
  ['nothing', null],
  [
    'an error that causes itself',
    (() =>
      Object.assign(new Error('x'), {
        get cause(): unknown {
          return this;
        },
      }))(),
  ],
])('%s is left alone', (_what, error) => {
  expect(explainDatabaseError(error)).toBeNull();
});

test('a write is repeated while waiting helps, and no longer than that', async () => {
  let calls = 0;
  const answer = await patiently(async () => {
    calls += 1;
    if (calls < 3) throw said('57P01');
    return 'stored';
  });
  expect([answer, calls]).toEqual(['stored', 3]);
  calls = 0;
  const fails = (code: string, forMs: number) =>
    patiently(async () => {
      calls += 1;
      throw said(code);
    }, forMs);
  await expect(fails('42703', 60_000)).rejects.toThrow();
  expect(calls).toBe(1);
  await expect(fails('53100', 250)).rejects.toThrow();
  expect(calls).toBe(3);
});
