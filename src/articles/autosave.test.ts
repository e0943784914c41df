import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { recordDecision } from '../approvals/approvals.ts';
import { readForGood } from './articles.ts';
import { getArticle } from './queries.ts';
import { articleRevisions } from './schema.ts';

let app: TestApp;
let user: Account;
let id: string;
let count = 0;
beforeAll(async () => {
  app = await startTestApp({ env: { SIGNUPS: 'open' } });
});
afterAll(() => app.close());
beforeEach(async () => {
  count += 1;
  user = await givenAccount(app, `writer${count}@example.com`);
  ({ id } = await ask('POST', '/articles', { title: 'Dough', markdown: 'Rest it.\n' }));
});

interface Answer {
  id: string;
  code: string;
  revision: number;
  markdown: string;
  items: Answer[];
}
type Method = 'GET' | 'POST' | 'PATCH';
const ask = async (method: Method, path: string, body?: object) =>
  (await user.api.ask<Answer>(method, path, body)).json;
const edit = (revision: number, change: object) => ask('PATCH', `/articles/${id}`, { revision, ...change });
const autosave = (revision: number, markdown: string) => edit(revision, { markdown, autosave: true });
const history = async () => {
  const { items } = await ask('GET', `/articles/${id}/revisions`);
  return items.map(({ revision, markdown }) => [revision, markdown.trim()]);
};
/** Lets the series of a revision have begun `minutes` ago. */
const age = (revision: number, minutes: number) =>
  app.ctx.db
    .update(articleRevisions)
    .set({ begunAt: new Date(Date.now() - minutes * 60_000) })
    .where(and(eq(articleRevisions.articleId, id), eq(articleRevisions.revision, revision)));

describe('saves that the editor makes by itself', () => {
  it('make one revision of ten minutes, while the number goes on rising', async () => {
    for (const [before, markdown] of [
      [1, 'a'],
      [2, 'ab'],
      [3, 'abc'],
    ] as const) {
      expect((await autosave(before, markdown)).revision).toBe(before + 1);
    }
    expect(await history()).toEqual([
      [4, 'abc'],
      [1, 'Rest it.'],
    ]);
    await age(4, 9);
    await autosave(4, 'abcd');
    await age(5, 11);
    await autosave(5, 'abcde');
    expect(await history()).toEqual([
      [6, 'abcde'],
      [5, 'abcd'],
      [1, 'Rest it.'],
    ]);
  });

  it('are refused on a number that has been passed, and change nothing then', async () => {
    await autosave(1, 'mine');
    const answer = await user.api.ask<Answer>('PATCH', `/articles/${id}`, {
      revision: 1,
      markdown: 'theirs',
      autosave: true,
    });
    expect([answer.status, answer.json.code]).toEqual([409, 'stale_revision']);
    expect(await history()).toEqual([
      [2, 'mine'],
      [1, 'Rest it.'],
    ]);
  });

  it('make nothing when nothing has changed', async () => {
    expect((await autosave(1, 'Rest it.\n')).revision).toBe(1);
    expect(await history()).toEqual([[1, 'Rest it.']]);
  });

  it('never take the place of an edit that was made on purpose, nor of a revision gone back to', async () => {
    await edit(1, { markdown: 'on purpose' });
    await autosave(2, 'by itself');
    await edit(3, { metaTitle: 'again on purpose' });
    expect((await history()).map(([revision]) => revision)).toEqual([4, 3, 2, 1]);
    await ask('POST', `/articles/${id}/revisions/1/restore`, { revision: 4 });
    await autosave(5, 'after that');
    expect((await history()).map(([revision]) => revision)).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it('leave a revision that was approved', async () => {
    await autosave(1, 'approved');
    const decision = {
      userId: user.id,
      articleId: id,
      pipelineId: null,
      decision: 'approved',
      by: { name: 'a', via: 'web' },
    } as const;
    const { revision } = await app.ctx.db.transaction((tx) => recordDecision(tx, decision));
    await autosave(2, 'written after it');
    expect(revision).toBe(2);
    expect(await history()).toEqual([
      [3, 'written after it'],
      [2, 'approved'],
      [1, 'Rest it.'],
    ]);
  });

  it('leave what is read for a site, however the two meet', async () => {
    await autosave(1, 'first');
    let reads = 0;
    // A save comes between the reading and the keeping: the revision that was read is gone, and the new one is read.
    const article = await readForGood(app.ctx.db, async () => {
      const read = await getArticle(app.ctx.db, user.id, id);
      reads += 1;
      if (reads === 1) await autosave(2, 'in between');
      return read;
    });
    expect([article.revision, article.markdown, reads]).toEqual([3, 'in between', 2]);
    await autosave(3, 'afterwards');
    expect((await history()).map(([revision]) => revision)).toEqual([4, 3, 1]);
  });

  it('say that an article has changed to whoever goes back from a list that is out of date', async () => {
    await autosave(1, 'a');
    await autosave(2, 'b');
    const answer = await user.api.ask<Answer>('POST', `/articles/${id}/revisions/2/restore`, { revision: 2 });
    expect([answer.status, answer.json.code]).toEqual([409, 'stale_revision']);
  });
});
