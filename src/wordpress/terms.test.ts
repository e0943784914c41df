import { expect, it } from 'vitest';
import type { CallOptions } from './client.ts';
import { siteError } from './site-error.ts';
import { placeTerm } from './terms.ts';

/** What only an odd site answers; test/services has what real ones do. */
function siteThat(...answers: unknown[]) {
  const asked: { method: string; search: unknown; body: unknown }[] = [];
  const call = async (method: string, _path: string, { parameters, body }: CallOptions = {}) => {
    asked.push({ method, search: parameters?.search, body });
    const answer = answers[asked.length - 1];
    if (answer instanceof Error) throw answer;
    return { json: answer, headers: new Headers() };
  };
  return { client: { call }, asked };
}
const term = (id: number, name: string, parent = 0, count = 0) => ({ id, name, parent, count });

it('means the term at the top, else the one that is used most, else the oldest', async () => {
  const place = (...terms: object[]) => placeTerm(siteThat(terms).client, 'categories', 'Bread');
  expect(await place(term(1, 'Bread', 9, 50), term(2, 'Bread', 0, 1))).toBe(2);
  expect(await place(term(3, 'Bread', 8, 1), term(4, 'Bread', 9, 7))).toBe(4);
  expect(await place(term(6, 'Bread', 9, 7), term(5, 'BREAD', 8, 7))).toBe(5);
});

it('searches for a name as it is stored, and compares it as it is read', async () => {
  const { client, asked } = siteThat([term(1, 'Salt &amp; Pepper and more'), term(2, 'salt &amp; pepper')]);
  expect(await placeTerm(client, 'tags', 'Salt & Pepper')).toBe(2);
  expect(asked).toEqual([{ method: 'GET', search: 'Salt &amp; Pepper', body: undefined }]);
});

it('looks once more for a term whose making was answered with something else', async () => {
  const { client, asked } = siteThat([], { ok: true }, [term(7, 'Bread')]);
  expect(await placeTerm(client, 'tags', 'Bread')).toBe(7);
  expect(asked.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
});

it('takes the id of the one that exists, null where the role may not make it, and throws whatever else is wrong', async () => {
  const failing = (error: Error) => placeTerm(siteThat([], error).client, 'tags', 'Bread');
  expect(await failing(siteError('rejected', 'There is one.', { details: { termId: 8 } }))).toBe(8);
  expect(await failing(siteError('role_insufficient', 'Not you.'))).toBeNull();
  await expect(failing(siteError('timeout', 'Too slow.'))).rejects.toMatchObject({ details: { cause: 'timeout' } });
});
