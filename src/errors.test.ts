import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorReference } from '../scripts/error-reference.ts';
import { AppError, errorCatalogue, toStoredError } from './errors.ts';

test('docs/errors.md lists every code as it is (npm run errors writes it)', () => {
  expect(readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')).toBe(errorReference());
});

test('every code says what to do next', () => {
  for (const [code, { hint, status }] of Object.entries(errorCatalogue)) {
    expect(hint.length, code).toBeGreaterThan(20);
    expect(status, code).toBeGreaterThanOrEqual(400);
  }
});

test('what is stored of an unexpected error holds nothing of it', () => {
  const stored = toStoredError(new Error('connect postgres://user:hunter2@db'));
  expect(JSON.stringify(stored)).not.toContain('hunter2');
  expect(toStoredError(new AppError('not_found', 'Gone.'))).toMatchObject({ code: 'not_found', message: 'Gone.' });
});
