import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { users } from '../../src/accounts/schema.ts';
import { editArticle, insertArticle } from '../../src/articles/articles.ts';
import { getArticle } from '../../src/articles/queries.ts';
import { articles } from '../../src/articles/schema.ts';
import { newId } from '../../src/db/id.ts';
import { type Db, queryRows } from '../../src/db/open.ts';
import { exportFiles } from '../../src/export/export-files.ts';
import { importArchive } from '../../src/export/import-archive.ts';
import { openArchive } from '../../src/export/open-archive.ts';
import { zipStream } from '../../src/export/zip.ts';
import { keepImage } from '../../src/images/store.ts';
import { type DeliveryTiming, deliverPublication } from '../../src/publishing/deliver.ts';
import { requestPublication } from '../../src/publishing/publications.ts';
import { getPublication } from '../../src/publishing/queries.ts';
import { publications } from '../../src/publishing/schema.ts';
import { requestUpdate } from '../../src/publishing/withdraw.ts';
import { getSite } from '../../src/sites/queries.ts';
import { checkStoredSite, connectOrRenew, createSite } from '../../src/sites/sites.ts';
import { createWordPressClient, type WordPressClient } from '../../src/wordpress/client.ts';
import { mediaMarker } from '../../src/wordpress/media.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { everythingOn, givenPost, realSite, removeEverything } from './publishing-data.ts';

const timing: DeliveryTiming = {
  leaseMs: 15_000,
  leaseRenewMs: 1_000,
  requestTimeoutMs: 8_000,
  settleMs: [50, 200],
  retryDelaysMs: [0, 0],
};
const never = new AbortController().signal;
const run = `moved${Date.now().toString(36)}`;
const env = { ALLOW_PRIVATE_HOSTS: '127.0.0.1' };
let folder: string;
let old: TestApp;
let moved: TestApp;
let direct: WordPressClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bp-moved-'));
  [old, moved] = await Promise.all([startTestApp({ env }), startTestApp({ env })]);
  direct = createWordPressClient({ safeFetch: old.ctx.safeFetch, ...realSite(1) });
});
afterAll(async () => {
  await removeEverything(direct, run);
  await Promise.all([old.close(), moved.close()]);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function move(from: TestContext, to: TestContext) {
  const file = join(folder, 'archive.zip');
  await writeFile(file, await buffer(zipStream(exportFiles(from, from.ownerId))));
  const archive = await openArchive(file);
  try {
    return await importArchive(to, to.ownerId, archive);
  } finally {
    archive.close();
  }
}

it('an account that moves makes no post and no image twice, whatever it knew of them', async () => {
  const { siteUrl: url, username, applicationPassword } = realSite(1);
  const connection = { name: `Site ${run}`, url, username, applicationPassword };
  const { ctx: from } = old;
  const { ctx: to } = moved;
  const site = await createSite(from, from.db, from.ownerId, connection);
  const card = await from.imaging.card({
    title: run,
    siteName: 'Bread',
    background: '#224466',
    text: '#ffffff',
    language: 'en',
  });
  const shown = { userId: from.ownerId, kind: 'upload', name: `${run} picture` } as const;
  const { id: image } = await from.db.transaction((tx) => keepImage(tx, shown, card));
  const posts = [];
  for (const title of ['known', 'unknown', 'waiting']) {
    const markdown = `Of ${title}.\n\n![](/api/v1/images/${image}/file)`;
    posts.push(await givenPost(from, { siteId: site.id, title: `${run} ${title}`, markdown, featuredImageId: image }));
  }
  const [known, unknown, waiting] = posts as [(typeof posts)[0], (typeof posts)[0], (typeof posts)[0]];
  for (const { id } of [known, unknown]) await deliverPublication(from, id, never, timing);
  const { remoteId } = await getPublication(from.db, from.ownerId, known.id);
  // One whose creation was never answered, at an instance that ended then.
  await from.db
    .update(publications)
    .set({ status: 'publishing', remoteId: null, remoteUrl: null, sent: null, publishedAt: null })
    .where(eq(publications.id, unknown.id));

  const result = await move(from, to);
  expect(result).toMatchObject({ counts: { publications: { taken: 3 } }, sites: [{ id: site.id }], stopped: 2 });
  const row = (id: string) => getPublication(to.db, to.ownerId, id);
  expect(await row(known.id)).toMatchObject({ status: 'published', remoteId });
  expect(await row(unknown.id)).toMatchObject({ status: 'cancelled', remoteId: null });

  // The site is connected again as any site is, and is the one that came along.
  const renewed = await to.db.transaction((tx) => connectOrRenew(to, tx, to.ownerId, connection));
  expect(renewed).toMatchObject({ renewed: true, site: { id: site.id, pausedBy: 'site' } });
  await checkStoredSite(to, await getSite(to.db, to.ownerId, site.id));
  expect(await getSite(to.db, to.ownerId, site.id)).toMatchObject({ pausedAt: null, pausedBy: null });

  const article = await getArticle(to.db, to.ownerId, known.articleId);
  const markdown = article.markdown.replace('Of known.', 'Written after the move.');
  await editArticle(to, to.ownerId, article.id, article.revision, { markdown });
  await requestUpdate(to, to.ownerId, known.id);
  for (const { articleId } of [unknown, waiting]) {
    const again = {
      userId: to.ownerId,
      articleId,
      siteId: site.id,
      pipelineId: null,
      wanted: 'publish',
      publishAt: null,
    } as const;
    await to.db.transaction((tx) => requestPublication(to, tx, again));
  }
  for (const { id } of posts) {
    await deliverPublication(to, id, never, timing);
    expect(await row(id)).toMatchObject({ status: 'published', error: null });
  }
  expect((await row(known.id)).remoteId).toBe(remoteId);

  const found = await everythingOn(direct, 'posts', run);
  const marks = found?.map(({ content }) => /bp-([\da-f-]{36})/.exec(content?.raw ?? '')?.[1]);
  expect(marks?.toSorted()).toEqual(posts.map(({ id }) => id).toSorted());
  expect(found?.find(({ id }) => id === remoteId)?.content?.raw).toContain('Written after the move.');
  const media = await everythingOn(direct, 'media', run);
  expect(media?.map(({ slug }) => slug)).toEqual([mediaMarker(image)]);
  const rows = await to.db
    .select()
    .from(publications)
    .where(and(eq(publications.userId, to.ownerId)));
  expect(rows.map(({ id }) => id).toSorted()).toEqual(posts.map(({ id }) => id).toSorted());
}, 120_000);

it('an article is of one moment, however often it is edited while the archive is written', async () => {
  const { ctx: from } = old;
  const { ctx: to } = moved;
  const owner = { ...from, ownerId: await givenOwner(from.db, 'busy@example.com') };
  const target = { ...to, ownerId: await givenOwner(to.db, 'busy@example.com') };
  const ids: string[] = [];
  for (let number = 0; number < 10; number += 1) {
    const content = {
      title: `${run} ${number}`,
      markdown: 'First.',
      language: 'en',
      pipelineId: null,
      author: 'user',
    } as const;
    ids.push((await from.db.transaction((tx) => insertArticle(from, tx, owner.ownerId, content))).id);
  }
  let over = false;
  let edits = 0;
  const editing = ids.map(async (id) => {
    for (let revision = 1; !over; revision += 1) {
      await editArticle(from, owner.ownerId, id, revision, { markdown: `Revision ${revision + 1}.` });
      edits += 1;
    }
  });
  let archives = 0;
  try {
    // What is torn would be so by chance: it has as many chances as a second has room for.
    for (const end = Date.now() + 3_000; Date.now() < end || archives < 5; archives += 1) {
      const result = await move(owner, target);
      expect(result.counts.articles).toEqual({ taken: 10, here: 0, left: 0 });
      const torn = await queryRows(
        to.db,
        sql`select id from articles where user_id = ${target.ownerId} and revision is distinct from
            (select max(r.revision) from article_revisions r where r.article_id = articles.id)`,
      );
      expect(torn).toEqual([]);
      await to.db.delete(articles).where(eq(articles.userId, target.ownerId));
    }
  } finally {
    over = true;
    await Promise.all(editing);
  }
  expect(edits).toBeGreaterThan(20);
}, 120_000);

async function givenOwner(db: Db, email: string): Promise<string> {
  const id = newId();
  await db.insert(users).values({ id, name: 'Busy', email, emailVerified: true, role: 'user', timeZone: 'UTC' });
  return id;
}
