import { expect, it } from 'vitest';
import { auditActions } from '../../src/accounts/audit.ts';
import { auditWords } from '../../web/strings-account.ts';

it('the access log of the web app has words for everything that is recorded', () => {
  expect(auditActions.filter((action) => !auditWords.actions[action])).toEqual([]);
});

it('and says nothing that cannot happen', () => {
  expect(Object.keys(auditWords.actions).filter((name) => !auditActions.some((action) => action === name))).toEqual([]);
});
