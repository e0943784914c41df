import { setTimeout as sleep } from 'node:timers/promises';
import { eq, inArray, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { editArticle } from '../../src/articles/articles.ts';
import { getArticle } from '../../src/articles/queries.ts';
import { type DeliveryTiming, deliverPublication } from '../../src/publishing/deliver.ts';
import { type Publication, publications } from '../../src/publishing/schema.ts';
import { requestUpdate } from '../../src/publishing/withdraw.ts';
import { sweepPublications, workPublications } from '../../src/publishing/worker.ts';
import { type Site, sites } from '../../src/sites/schema.ts';
import { createSite } from '../../src/sites/sites.ts';
import { createWordPressClient, type WordPressClient } from '../../src/wordpress/client.ts';
import { mediaMarker } from '../../src/wordpress/media.ts';
import type { SeoPlugin } from '../../src/wordpress/seo-plugin.ts';
import { type Fault, type FaultProxy, type ProxiedRequest, startFaultProxy } from '../fakes/fault-proxy.ts';
import { Killed, mortalContext } from '../fakes/mortal-context.ts';
import { startTestApp, type TestApp, type TestContext } from '../harness.ts';
import { thorough } from '../thorough.ts';
import { installMustUsePlugin } from './must-use-plugins.ts';
import { everythingOn, givenImage, givenPost, type Listed, realSite, removeEverything } from './publishing-data.ts';
import { seeded } from './seeded.ts';

const count = thorough ? 300 : 100;
/** Each is a queue of its own; two lead to each WordPress, and share its categories and tags. */
const queues = 8;
const imagesPerQueue = 6;
const timing: DeliveryTiming = {
  leaseMs: 2_500,
  leaseRenewMs: 300,
  // A site that shares its processors with everything else here may take two seconds.
  requestTimeoutMs: 3_500,
  // What is delayed past the timeout has reached the site by then, also where it is slow.
  settleMs: [50, 250, 1_000, 2_000],
  retryDelaysMs: Array.from({ length: 24 }, () => 100),
};
const never = new AbortController().signal;

const faults: Readonly<Record<string, Fault>> = {
  'cut before': { kind: 'cut_before' },
  'cut after': { kind: 'cut_after' },
  'cut in the middle': { kind: 'cut_middle' },
  // Longer than we wait for an answer, so the site acts on the request after we have given it up.
  'past the timeout': { kind: 'delay', ms: 3_800 },
  '500': { kind: 'answer', status: 500 },
  '502': { kind: 'answer', status: 502 },
  '429': { kind: 'answer', status: 429 },
  '401': { kind: 'answer', status: 401, headers: { 'content-type': 'application/json' }, body: '{}' },
  '502 after it was done': { kind: 'answer_after', status: 502 },
};

const names = Object.keys(faults);

/** What the requests of a publication are for, by their kind and by what has been seen before. */
const operations = [
  'look for the post',
  'create the post',
  'read back',
  'look for a term',
  'create a term',
  'look for an image',
  'upload an image',
  'write texts for search',
] as const;
type Operation = (typeof operations)[number];

interface Target {
  proxy: FaultProxy;
  /** Straight to the site, for counting what is really there. */
  direct: WordPressClient;
  seoPlugin: SeoPlugin;
}
interface Queue {
  target: Target;
  site: Site;
  images: string[];
}

const run = `run${Date.now().toString(36)}`;
let app: TestApp;
let ctx: TestContext;
let removePlugin: () => void = () => undefined;
const targets: Target[] = [];
const lines: Queue[] = [];
/** What the first test has published, for the second. */
const rows: { queue: Queue; row: Publication; image: string; tags: string[]; categories: string[] }[] = [];

beforeAll(async () => {
  app = await startTestApp({ env: { ALLOW_PRIVATE_HOSTS: '127.0.0.1' } });
  ctx = app.ctx;
  const header = 'x-bp-test-seo';
  removePlugin = await installMustUsePlugin('seo-double.php', { namespace: 'bp-test/v1', header, value: 'yoast' });
  for (const number of [1, 2]) {
    const { siteUrl, username, applicationPassword } = realSite(number);
    const seoPlugin = number === 1 ? 'yoast' : 'seopress';
    const proxy = await startFaultProxy(siteUrl, undefined, { [header]: seoPlugin });
    const direct = createWordPressClient({ safeFetch: ctx.safeFetch, siteUrl, username, applicationPassword });
    const target: Target = { proxy, direct, seoPlugin };
    targets.push(target);
    for (let queue = 0; queue < queues / 2; queue += 1) {
      const input = { name: `WordPress ${number}.${queue}`, url: proxy.url, username, applicationPassword };
      const { id } = await createSite(ctx, ctx.db, ctx.ownerId, input);
      // As its check leaves it; without that a 401 would not be known to be a passing one.
      const checked = { seoPlugin, lastOkAt: new Date() } as const;
      const [site] = await ctx.db.update(sites).set(checked).where(eq(sites.id, id)).returning();
      const images: string[] = [];
      for (let image = 0; image < imagesPerQueue; image += 1) {
        images.push(await givenImage(ctx, `${run} ${number} ${queue} ${image}`));
      }
      lines.push({ target, site: site as Site, images });
    }
  }
});

afterAll(async () => {
  for (const { direct, proxy } of targets) {
    proxy.setRule(() => undefined);
    await removeEverything(direct, run);
    await proxy.close();
  }
  removePlugin();
  await app.close();
}, 120_000);

/** Tells what each request is for: a look after the post was sent is the read-back. */
function operationsOf(): (request: ProxiedRequest) => Operation | undefined {
  const sent = new Set<string>();
  return ({ kind, url, body }) => {
    switch (kind) {
      case 'POST /wp/v2/posts':
        for (const [marker] of body.matchAll(/bp-[\da-f-]{36}/g)) sent.add(marker);
        return 'create the post';
      case 'GET /wp/v2/posts': {
        const marker = new URL(url, 'http://site.invalid').searchParams.get('search') ?? '';
        return sent.has(marker) ? 'read back' : 'look for the post';
      }
      case 'GET /wp/v2/tags':
      case 'GET /wp/v2/categories':
        return 'look for a term';
      case 'POST /wp/v2/tags':
      case 'POST /wp/v2/categories':
        return 'create a term';
      case 'GET /wp/v2/media':
        return 'look for an image';
      case 'POST /wp/v2/media':
        return 'upload an image';
      case 'POST /wp/v2/posts/:id':
      case 'PUT /seopress/v1/posts/:id/title-description-metas':
        return 'write texts for search';
      default:
        return undefined;
    }
  };
}

/**
 * Lets requests of each of `operations` suffer: by chance, and, because chance leaves some out, every other one of a kind
 * suffers the next fault until each has been there once. Returns how often each has fired, by `<fault>: <operation>`.
 */
function setFaults<Name extends string>(
  operations: readonly Name[],
  tell: () => (request: ProxiedRequest) => Name | undefined,
  random: () => number,
): Record<string, number> {
  const fired: Record<string, number> = {};
  const due = new Map(operations.map((operation) => [operation, Object.keys(faults)]));
  const turns = new Map<Name, number>();
  for (const { proxy } of targets) {
    const operationOf = tell();
    proxy.setRule((request) => {
      const operation = operationOf(request);
      if (!operation) return undefined;
      const turn = (turns.get(operation) ?? 0) + 1;
      turns.set(operation, turn);
      const forced = turn % 2 === 0 ? due.get(operation)?.shift() : undefined;
      const name = forced ?? (random() < 0.06 ? names[Math.floor(random() * names.length)] : undefined);
      if (name === undefined) return undefined;
      fired[`${name}: ${operation}`] = (fired[`${name}: ${operation}`] ?? 0) + 1;
      return faults[name];
    });
  }
  return fired;
}

function expectAll(fired: Record<string, number>, operations: readonly string[]): void {
  for (const operation of operations) {
    for (const name of names) expect(fired[`${name}: ${operation}`], `${name}: ${operation}`).toBeGreaterThan(0);
  }
}

it(`publishes ${count} articles with images and terms on both sites, once each, under faults and kills`, async () => {
  const random = seeded(20_261_124);
  const fired = setFaults(operations, operationsOf, random);

  for (let index = 0; index < count; index += 1) {
    const queue = lines[index % queues] as Queue;
    const image = queue.images[Math.floor(index / queues) % imagesPerQueue] as string;
    const categories = [`${run} News`, `${run} Bread & ${index % 3}`];
    const tags = [`${run} tag ${index % 5}`, ...(index % 4 === 0 ? [`${run} only ${index}`] : [])];
    const row = await givenPost(ctx, {
      siteId: queue.site.id,
      title: `${run} Kneading & resting ${index}`,
      markdown: `Dough *rests*.\n\n![](/api/v1/images/${image}/file)\n\n- gluten\n- time`,
      wanted: index % 3 === 0 ? 'draft' : 'publish',
      options: { categories, tags },
      featuredImageId: image,
      metaTitle: `Resting ${index}`,
      metaDescription: 'Why dough rests.',
    });
    rows.push({ queue, row, image, tags, categories });
  }
  const ids = rows.map(({ row }) => row.id);

  const started = Date.now();
  const endWork = [await workPublications(ctx, timing), await workPublications(ctx, timing)];
  let killed = 0;
  let taken = 0;
  let over = false;
  /** None is disturbed without end: a publication that takes its workers down 25 times is stopped. */
  const disturbed = new Map<string, number>();
  const maxDisturbances = 3;
  /** Workers that die somewhere in a delivery and leave everything as it is, and workers that are robbed as if frozen. */
  async function disturb(): Promise<void> {
    for (let turn = 0; !over; turn += 1) {
      const waiting = await ctx.db
        .select()
        .from(publications)
        .where(inArray(publications.status, ['queued', 'publishing']));
      const victims = waiting.filter(({ id }) => (disturbed.get(id) ?? 0) < maxDisturbances);
      const victim = victims[Math.floor(random() * victims.length)];
      if (victim) disturbed.set(victim.id, (disturbed.get(victim.id) ?? 0) + 1);
      else await sleep(200);
      if (victim && turn % 3 === 0) {
        const stolen = await ctx.db
          .update(publications)
          .set({ leaseExpiresAt: sql`now() - interval '1 second'` as never })
          .where(sql`${publications.siteId} = ${victim.siteId} and ${publications.status} = 'publishing'`)
          .returning();
        await deliverPublication(ctx, victim.id, never, timing);
        taken += stolen.length;
      } else if (victim) {
        // Some take the place of a worker of their site first: without that they find the site busy mostly.
        if (turn % 6 === 1) {
          await ctx.db
            .update(publications)
            .set({ leaseExpiresAt: sql`now() - interval '1 second'` as never })
            .where(sql`${publications.siteId} = ${victim.siteId} and ${publications.status} = 'publishing'`);
        }
        const mortal = mortalContext(ctx, 2 + Math.floor(random() * 45));
        await deliverPublication(mortal.ctx, victim.id, never, timing).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
        if (mortal.killed()) killed += 1;
      }
      await sweepPublications(ctx);
    }
  }
  const disturbances = [disturb(), disturb()];
  const counts = async () => {
    const all = await ctx.db.select().from(publications).where(inArray(publications.id, ids));
    const errors = all.flatMap(({ status, error }) => (status === 'failed' ? [error?.message] : []));
    const groups = Map.groupBy(all, ({ status }) => status);
    return { ...Object.fromEntries([...groups].map(([status, group]) => [status, group.length])), errors };
  };
  try {
    // How long it takes is for the bench to say.
    await expect.poll(counts, { timeout: 400_000, interval: 1_000 }).toEqual({ published: count, errors: [] });
  } finally {
    over = true;
    await Promise.all(disturbances);
    for (const end of endWork) end();
  }
  const seconds = (Date.now() - started) / 1000;
  for (const { proxy } of targets) {
    proxy.setRule(() => undefined);
    await proxy.settled();
  }
  console.log(`${count} articles in ${seconds.toFixed(1)} s; killed ${killed}, taken over ${taken}, faults`, fired);

  expectAll(fired, operations);
  // How many there is time for depends on the machine.
  expect(killed).toBeGreaterThanOrEqual(count / 25);
  expect(taken).toBeGreaterThanOrEqual(count / 25);

  const stored = new Map(
    (await ctx.db.select().from(publications).where(inArray(publications.id, ids))).map((row) => [row.id, row]),
  );
  for (const target of targets) {
    const mine = rows.filter(({ queue }) => queue.target === target);
    const [posts, media, tags, categories] = await Promise.all(
      (['posts', 'media', 'tags', 'categories'] as const).map((path) => everythingOn(target.direct, path, run)),
    );
    // Nothing twice, nothing missing, nothing besides.
    const markers = posts?.map(({ content }) => /bp-([\da-f-]{36})/.exec(content?.raw ?? '')?.[1]);
    expect(markers?.toSorted()).toEqual(mine.map(({ row }) => row.id).toSorted());
    const images = lines.filter((line) => line.target === target).flatMap((line) => line.images);
    expect(media?.map(({ slug }) => slug).toSorted()).toEqual(images.map(mediaMarker).toSorted());
    const wanted = (of: 'tags' | 'categories') => [...new Set(mine.flatMap((row) => row[of]))].toSorted();
    const found = (terms: Listed[] | undefined) => terms?.map(({ name }) => name?.replace('&amp;', '&')).toSorted();
    expect(found(tags)).toEqual(wanted('tags'));
    expect(found(categories)).toEqual(wanted('categories'));

    const mediaIds = new Map(media?.map(({ id, slug }) => [slug, id]));
    const termIds = (terms: Listed[] | undefined, of: string[]) =>
      terms
        ?.filter(({ name }) => of.includes(name?.replace('&amp;', '&') ?? ''))
        .map(({ id }) => id)
        .toSorted();
    for (const { row, image, ...names } of mine) {
      const post = posts?.find(({ content }) => content?.raw.includes(`bp-${row.id}`)) as Listed;
      const imageId = mediaIds.get(mediaMarker(image));
      expect(stored.get(row.id)).toMatchObject({ remoteId: post.id, remoteStatus: post.status, error: null });
      expect(post).toMatchObject({
        status: row.wanted,
        featured_media: imageId,
        content: { raw: expect.stringContaining(`wp-image-${imageId}"`) },
      });
      expect(post.categories?.toSorted()).toEqual(termIds(categories, names.categories));
      expect(post.tags?.toSorted()).toEqual(termIds(tags, names.tags));
    }
  }
}, 480_000);

/** What the requests of an update are for. */
const updateOperations = ['look at the post', 'write the text', 'look at its revisions'] as const;

const updateOperation = ({ kind, body }: ProxiedRequest): (typeof updateOperations)[number] | undefined => {
  if (kind === 'GET /wp/v2/posts/:id') return 'look at the post';
  if (kind === 'GET /wp/v2/posts/:id/revisions') return 'look at its revisions';
  return kind === 'POST /wp/v2/posts/:id' && body.includes('"content"') ? 'write the text' : undefined;
};

it('brings new texts to 48 of them under the same faults and kills, and never over what a person wrote there', async () => {
  const random = seeded(20_261_130);
  const chosen = rows.filter((_, index) => index % Math.floor(count / 50) === 0).slice(0, 48);
  // Every sixth of those was changed on its site before.
  const edited = new Set(chosen.filter((_, index) => index % 6 === 0).map(({ row }) => row.id));
  const byPerson = `<!-- wp:paragraph --><p>${run} written by a person</p><!-- /wp:paragraph -->`;
  const ids = chosen.map(({ row }) => row.id);
  const stored = async () => ctx.db.select().from(publications).where(inArray(publications.id, ids));
  const remote = new Map((await stored()).map((row) => [row.id, row.remoteId]));
  for (const { row, queue } of chosen) {
    if (edited.has(row.id)) {
      await queue.target.direct.call('POST', `/wp/v2/posts/${remote.get(row.id)}`, { body: { content: byPerson } });
    }
    const article = await getArticle(ctx.db, ctx.ownerId, row.articleId);
    const markdown = article.markdown.replace('Dough *rests*', `Dough rests *longer* ${row.id}`);
    await editArticle(ctx, ctx.ownerId, row.articleId, article.revision, { markdown });
  }
  const fired = setFaults(updateOperations, () => updateOperation, random);
  for (const id of ids) await requestUpdate(ctx, ctx.ownerId, id);

  const started = Date.now();
  const endWork = [await workPublications(ctx, timing), await workPublications(ctx, timing)];
  let killed = 0;
  let over = false;
  // Whoever is robbed is the first of its queue: more would take the same ones down 25 times, and those are stopped.
  const victims = new Set(ids.filter((_, index) => index % 3 === 1));
  async function disturb(): Promise<void> {
    while (!over) {
      const waiting = (await stored()).filter(
        ({ status, id }) => (status === 'queued' || status === 'publishing') && victims.has(id),
      );
      const victim = waiting[Math.floor(random() * waiting.length)];
      if (!victim) {
        await sleep(100);
        continue;
      }
      victims.delete(victim.id);
      await ctx.db
        .update(publications)
        .set({ leaseExpiresAt: sql`now() - interval '1 second'` as never })
        .where(sql`${publications.siteId} = ${victim.siteId} and ${publications.status} = 'publishing'`);
      const mortal = mortalContext(ctx, 2 + Math.floor(random() * 30));
      await deliverPublication(mortal.ctx, victim.id, never, timing).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      if (mortal.killed()) killed += 1;
      await sweepPublications(ctx);
    }
  }
  const disturbance = disturb();
  const counts = async () => {
    const all = await stored();
    const errors = all.flatMap(({ status, error }) => (status === 'failed' ? [error?.message] : []));
    const groups = Map.groupBy(all, ({ status }) => status);
    return { ...Object.fromEntries([...groups].map(([status, group]) => [status, group.length])), errors };
  };
  try {
    const wanted = { published: ids.length - edited.size, conflict: edited.size, errors: [] };
    await expect.poll(counts, { timeout: 100_000, interval: 500 }).toEqual(wanted);
  } finally {
    over = true;
    await disturbance;
    for (const end of endWork) end();
  }
  const seconds = (Date.now() - started) / 1000;
  for (const { proxy } of targets) {
    proxy.setRule(() => undefined);
    await proxy.settled();
  }
  console.log(`${ids.length} updates in ${seconds.toFixed(1)} s; killed ${killed}, faults`, fired);
  expectAll(fired, updateOperations);
  expect(killed).toBeGreaterThanOrEqual(2);

  for (const target of targets) {
    const posts = await everythingOn(target.direct, 'posts', run);
    // No update has made a post.
    expect(posts).toHaveLength(rows.filter(({ queue }) => queue.target === target).length);
    for (const { row } of chosen.filter(({ queue }) => queue.target === target)) {
      const post = posts.find(({ id }) => id === remote.get(row.id));
      if (edited.has(row.id)) expect(post?.content?.raw).toBe(byPerson);
      else expect(post?.content?.raw).toContain(`Dough rests <em>longer</em> ${row.id}`);
    }
  }
}, 180_000);
