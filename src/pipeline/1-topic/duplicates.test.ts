import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { givenPipeline, givenSite, givenSitePost, withModel } from '../../../test/factories.ts';
import { diligentScript, type ScriptedModel, scriptedModel } from '../../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp, type TestContext } from '../../../test/harness.ts';
import { users } from '../../accounts/schema.ts';
import { insertArticle } from '../../articles/articles.ts';
import { articles } from '../../articles/schema.ts';
import { newId } from '../../db/id.ts';
import { publications } from '../../publishing/schema.ts';
import { sitePosts } from '../../site-posts/schema.ts';
import { continuePipeline } from '../commands.ts';
import { getPipeline } from '../queries.ts';
import { runPipeline } from '../runner.ts';
import { heldOutPairs } from './__fixtures__/topic-pairs.ts';
import { findDuplicate } from './duplicates.ts';

let app: TestApp;
let ctx: TestContext;
let model: ScriptedModel;
let siteId: string;
const never = new AbortController().signal;
const topic = 'Keeping a sourdough starter alive';

beforeAll(async () => {
  model = scriptedModel(diligentScript);
  app = await startTestApp({ overrides: withModel(model) });
  ctx = app.ctx;
  siteId = await givenSite(ctx, 'Bakery');
});
afterAll(() => app.close());
beforeEach(async () => {
  await ctx.db.execute(sql`delete from pipelines`);
  await ctx.db.delete(articles);
  await ctx.db.delete(sitePosts);
  model.asked.length = 0;
});

const near = (change: Parameters<typeof givenSitePost>[3] = {}, id = 7, site = siteId) =>
  givenSitePost(ctx, site, id, { title: 'How to keep a sourdough starter alive', ...change });
const closest = async (brief = {}) => {
  // One that waits counts as well: it would be the nearest.
  await ctx.db.execute(sql`delete from pipelines`);
  const pipeline = await givenPipeline(ctx, { topic, siteId, ...brief });
  const { brief: asked } = pipeline;
  const subject = { topic: asked.topic, keyword: asked.keyword ?? null, siteId: asked.siteId ?? null };
  return findDuplicate(ctx, { userId: pipeline.userId, pipelineId: pipeline.id }, { ...subject, language: 'en' });
};

/** An article of ours that stands on the site as post 7. */
async function ours(): Promise<string> {
  const content = { title: 'Old news', markdown: 'Text.', language: 'en', pipelineId: null, author: 'user' as const };
  const { id } = await insertArticle(ctx, ctx.db, ctx.ownerId, content);
  const remote = { remoteId: 7, remoteStatus: 'publish', remoteUrl: 'https://blog.example/post-7/' };
  await ctx.db.insert(publications).values({
    id: newId(),
    userId: ctx.ownerId,
    articleId: id,
    siteId,
    wanted: 'publish',
    status: 'published',
    ...remote,
  });
  return id;
}

it('a post of the site stops a run before anything is asked of a model, is named, and the run goes on when told to', async () => {
  await near();
  const { id } = await givenPipeline(ctx, { topic, siteId });
  await runPipeline(ctx, id, never);
  const waiting = await getPipeline(ctx.db, ctx.ownerId, id);
  expect(waiting).toMatchObject({ status: 'waiting', waiting: { reason: 'duplicate' } });
  expect(waiting.waiting?.message).toContain(
    'the post "How to keep a sourdough starter alive" on Bakery, https://blog.example/post-7/',
  );
  expect(waiting.waiting).not.toHaveProperty('articleId');
  expect(model.asked).toEqual([]);
  await continuePipeline(ctx, ctx.ownerId, id, undefined);
  await runPipeline(ctx, id, never);
  expect((await getPipeline(ctx.db, ctx.ownerId, id)).status).toBe('succeeded');
});

describe('what counts', () => {
  it('is what stands on the chosen site, or on any of the account when none is chosen', async () => {
    await near();
    expect(await closest()).toMatchObject({ url: 'https://blog.example/post-7/', siteName: 'Bakery' });
    const other = await givenSite(ctx, `Other ${newId()}`);
    expect(await closest({ siteId: other })).toBeNull();
    expect(await closest({ siteId: undefined })).toMatchObject({ siteName: 'Bakery' });
  });

  it('is not what is gone', async () => {
    await near({ goneAt: new Date() });
    expect(await closest()).toBeNull();
  });

  it('is nothing of another account', async () => {
    const other = newId();
    await ctx.db.insert(users).values({ id: other, name: 'Other', email: 'other@example.com' });
    const title = 'How to keep a sourdough starter alive';
    const content = { title, markdown: 'Text.', language: 'en', pipelineId: null, author: 'user' as const };
    await insertArticle(ctx, ctx.db, other, content);
    expect(await closest()).toBeNull();
    await ctx.db.update(articles).set({ userId: ctx.ownerId });
    expect(await closest()).toMatchObject({ kind: 'article', title });
  });

  it('is nothing that another account is writing, or has on its sites', async () => {
    const other = newId();
    await ctx.db.insert(users).values({ id: other, name: 'Other' });
    const theirs = { ...ctx, ownerId: other };
    await givenPipeline(theirs, { topic: 'How to keep a sourdough starter alive' });
    await near({ userId: other }, 7, await givenSite(ctx, 'Theirs', other));
    const subject = { topic, keyword: null, siteId: null, language: 'en' };
    expect(await findDuplicate(ctx, { userId: ctx.ownerId }, subject)).toBeNull();
    expect(await findDuplicate(ctx, { userId: other }, subject)).toMatchObject({ kind: 'pipeline' });
    await ctx.db.execute(sql`delete from pipelines`);
    expect(await findDuplicate(ctx, { userId: other }, subject)).toMatchObject({ kind: 'post', siteName: 'Theirs' });
  });

  it('is not what is in another language', async () => {
    await near({ language: 'de' });
    expect(await closest()).toBeNull();
  });

  it('is no post that is an article of the account, which is compared as such, unless that is in the bin', async () => {
    await near();
    const articleId = await ours();
    expect(await closest()).toBeNull();
    await ctx.db.update(articles).set({ deletedAt: new Date() }).where(eq(articles.id, articleId));
    expect(await closest()).toMatchObject({ url: 'https://blog.example/post-7/' });
  });
});

it('siblings raise no alarm, and near-duplicates are found as among articles', async () => {
  const pairs = heldOutPairs.filter(([language]) => language === 'en');
  const wrong: string[] = [];
  let found = 0;
  const duplicates = pairs.filter(([, , , duplicate]) => duplicate).length;
  for (const [, post, wanted, duplicate] of pairs) {
    await ctx.db.delete(sitePosts);
    await near({ title: post });
    await near({ title: 'A day at the sea' }, 8);
    const result = await closest({ topic: wanted });
    if (result && !duplicate) wrong.push(`${wanted} | ${result.title}: ${result.reason}`);
    if (result?.title === post && duplicate) found += 1;
  }
  expect(wrong).toEqual([]);
  // As many as of articles (`similarity.test.ts`), whose pairs are the same.
  expect(found / duplicates).toBeGreaterThanOrEqual(0.6);
});
