import { setTimeout as sleep } from 'node:timers/promises';
import { inArray } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { localTime } from '../../src/accounts/calendar.ts';
import { editArticle } from '../../src/articles/articles.ts';
import { getPublication } from '../../src/publishing/queries.ts';
import { pauseQueue, resumeQueue } from '../../src/publishing/queue.ts';
import { type Publication, publications } from '../../src/publishing/schema.ts';
import { requestUpdate } from '../../src/publishing/withdraw.ts';
import { publicationMarker } from '../../src/wordpress/blocks.ts';
import { mediaMarker } from '../../src/wordpress/media.ts';
import { installMustUsePlugin } from './must-use-plugins.ts';
import { everythingOn, givenImage, givenPost, type Listed } from './publishing-data.ts';
import {
  type Instance,
  type SeenRequest,
  seoHeader,
  startInstance,
  type Target,
  type Worker,
} from './publishing-instance.ts';

/*
 * Worker processes that are killed or frozen at the requests of a publication, a database and sites that go away, and
 * times that come. What is killed in one test is killed at once: each publication has a site of its own, and each worker
 * has as many of them under way as it takes at a time.
 */

/** Deliveries that a worker has under way at a time. */
const slots = 6;
/** A lease, and within how long after its end another worker that runs has gone on (it looks every 2 seconds), in milliseconds. */
const leaseMs = 12_000;
const takeOverMs = 6_000;
const never = new Promise<void>(() => undefined);

// A busy machine starts processes slowly.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let removePlugin: () => void = () => undefined;
beforeAll(async () => {
  removePlugin = await installMustUsePlugin('seo-double.php', {
    namespace: 'bp-test/v1',
    header: seoHeader,
    value: 'yoast',
  });
});
afterAll(() => removePlugin());

/** A request of a publication: the how many-th of its kind, and whether the site has got it. */
interface Point {
  kind: string;
  index: number;
  when: 'before' | 'after';
}
const nameOf = ({ kind, index, when }: Point) => `${when} ${kind} #${index + 1}`;
const reads = ({ kind }: { kind: string }) => kind.startsWith('GET ');

/** Before each request that reads, before and after each that writes. */
function pointsOf(requests: readonly SeenRequest[]): Point[] {
  const counts = new Map<string, number>();
  return requests.flatMap((request): Point[] => {
    const { kind } = request;
    const index = counts.get(kind) ?? 0;
    counts.set(kind, index + 1);
    return (reads(request) ? (['before'] as const) : (['before', 'after'] as const)).map((when) => ({
      kind,
      index,
      when,
    }));
  });
}

/** Holds the request of `point`, once, and what other workers ask after that until `others`; resolves when it is held. */
function holdAt(target: Target, point: Point, until: Promise<unknown>, others?: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  let holder = '';
  target.setRule(({ kind, worker }) => {
    if (holder !== '' && holder !== worker) return others && { kind: 'hold_before', until: others };
    if (kind !== point.kind || count++ !== point.index) return undefined;
    holder = worker;
    return { kind: `hold_${point.when}`, until, reached: resolve };
  });
  return promise;
}

/** An article of all that a publication can have, each part of it shared with no other. */
async function givenFullPost({ ctx, word }: Instance, { site }: Target, name: string) {
  const image = await givenImage(ctx, `${word} ${name}`);
  const terms = { categories: [`${word} category ${name}`], tags: [`${word} tag ${name}`] };
  const row = await givenPost(ctx, {
    siteId: site.id,
    title: `${word} Kneading ${name}`,
    markdown: `Dough *rests*.\n\n![](/api/v1/images/${image}/file)`,
    options: terms,
    featuredImageId: image,
    metaTitle: `Resting ${name}`,
    metaDescription: 'Why dough rests.',
  });
  return { row, image, ...terms };
}

const givenPlainPost = ({ ctx, word }: Instance, { site }: Target, name: string) =>
  givenPost(ctx, { siteId: site.id, title: `${word} Resting ${name}`, markdown: 'Dough rests.' });

/** Publications as they stand now, in their order. */
async function rowsOf({ ctx }: Instance, given: readonly { row: Publication }[]): Promise<Publication[]> {
  const ids = given.map(({ row }) => row.id);
  const rows = await ctx.db.select().from(publications).where(inArray(publications.id, ids));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) as Publication);
}

/** Waits until all of them are published; returns them as they stand then, in their order. */
async function untilPublished(instance: Instance, given: readonly Publication[]): Promise<Publication[]> {
  const read = () =>
    rowsOf(
      instance,
      given.map((row) => ({ row })),
    );
  const told = (row: Publication) => `${row.id} ${row.status} ${row.error?.message ?? ''}`;
  const open = async () => (await read()).filter(({ status }) => status !== 'published').map(told);
  await vi.waitFor(async () => expect(await open()).toEqual([]), { timeout: 60_000, interval: 100 });
  return read();
}

/** The one post of a publication among those of its site. Fails when there is none, or more. */
function onlyPost(posts: readonly Listed[], row: Publication): Listed {
  const marked = posts.filter(({ content }) => content?.raw.includes(publicationMarker(row.id)));
  expect(marked.map(({ id, status }) => `${id} ${status}`)).toHaveLength(1);
  return marked[0] as Listed;
}

function expectRecorded(row: Publication, post: Listed, more: Partial<Publication> = {}): void {
  expect(row).toMatchObject({
    status: 'published',
    remoteId: post.id,
    remoteUrl: post.link,
    remoteStatus: 'publish',
    error: null,
    warnings: [],
    dropped: [],
    leaseExpiresAt: null,
    ...more,
  });
}

type FullPost = Awaited<ReturnType<typeof givenFullPost>>;
type Listing = Record<'posts' | 'media' | 'categories' | 'tags', Listed[]>;

/** All that the instance has left on one of the real sites. */
async function listSite({ direct, word }: Instance, number: 1 | 2): Promise<Listing> {
  const paths = ['posts', 'media', 'categories', 'tags'] as const;
  const client = direct[number === 1 ? 0 : 1];
  const lists = await Promise.all(paths.map(async (path) => [path, await everythingOn(client, path, word)]));
  return Object.fromEntries(lists) as Listing;
}

/** Everything of the publication is on the site once, and hangs together. */
function expectWhole(site: Listing, { row, image, categories, tags }: FullPost): Listed {
  const post = onlyPost(site.posts, row);
  const media = site.media.filter(({ slug }) => slug.startsWith(mediaMarker(image)));
  expect(media.map(({ slug }) => slug)).toEqual([mediaMarker(image)]);
  const named = (listed: Listed[], names: string[]) => listed.filter(({ name }) => names.includes(name ?? ''));
  const [category, tag] = [named(site.categories, categories), named(site.tags, tags)];
  expect([category.length, tag.length]).toEqual([1, 1]);
  expect(post).toMatchObject({
    status: 'publish',
    featured_media: media[0]?.id,
    categories: [category[0]?.id],
    tags: [tag[0]?.id],
    content: { raw: expect.stringContaining(`wp-image-${media[0]?.id}"`) },
  });
  return post;
}

/** The worker that a site was last asked by until `at`, and when another one asked it first after that. */
function takeOverOf({ seen }: Target, at: number): { from: string; by: string; at: number } | undefined {
  const from = seen.findLast((request) => request.at <= at)?.worker ?? '';
  const next = seen.find((request) => request.at > at && request.worker !== from);
  return next && { from, by: next.worker, at: next.at };
}

const startAll = (instance: Instance, names: string[]) => Promise.all(names.map((name) => instance.startWorker(name)));

interface Victim {
  point: Point;
  target: Target;
  row: Publication;
  /** All that it is to have; null for an update. */
  full: FullPost | null;
}

/** A publication that is stopped at a point as soon as it gets there, and when that is. */
async function givenVictim(
  instance: Instance,
  point: Point,
  until: Promise<unknown>,
  note: string,
  others?: Promise<unknown>,
) {
  const target = await instance.givenSite(1, { seoPlugin: 'yoast' });
  const held = holdAt(target, point, until, others);
  const full = await givenFullPost(instance, target, `${note} ${nameOf(point)}`);
  return { victim: { point, target, row: full.row, full } satisfies Victim, held };
}

/** The points of a publication that has all it can have, as they are when nothing happens to it. */
async function cleanPoints(instance: Instance): Promise<Point[]> {
  const target = await instance.givenSite(1, { seoPlugin: 'yoast' });
  const { row } = await givenFullPost(instance, target, 'clean');
  await untilPublished(instance, [row]);
  return pointsOf(target.seen);
}

describe.concurrent('workers', () => {
  let instance: Instance;
  const killed: Victim[] = [];
  let survivors: Worker[] = [];
  let revisionsOfUpdate: number;
  /** When they were killed, and when others were there, in milliseconds since 1970. */
  let killedAt = 0;
  let survivorsAt = 0;

  async function startUpdate({ articleId, id }: Publication): Promise<void> {
    const { ctx } = instance;
    await editArticle(ctx, ctx.ownerId, articleId, 1, { markdown: `Dough rests longer. ${id}` });
    await requestUpdate(ctx, ctx.ownerId, id);
  }

  async function revisionsOf(id: number | null | undefined): Promise<number> {
    const { json } = await instance.direct[1].call('GET', `/wp/v2/posts/${id}/revisions`);
    return (json as unknown[]).length;
  }

  beforeAll(async () => {
    instance = await startInstance('crash');
    const [first] = await startAll(instance, ['doomed-0']);
    const updated = await instance.givenSite(2);
    const cleanUpdate = await givenPlainPost(instance, updated, 'clean');
    const points = await cleanPoints(instance);
    await untilPublished(instance, [cleanUpdate]);
    const before = updated.seen.length;
    await startUpdate(cleanUpdate);
    const [row] = await untilPublished(instance, [cleanUpdate]);
    revisionsOfUpdate = await revisionsOf(row?.remoteId);
    const updatePoints = pointsOf(updated.seen.slice(before)).filter((point) => !reads(point));
    // A publication looks for the post and reads it back, makes terms, image, post and texts for search engines.
    expect(points.length).toBeGreaterThanOrEqual(15);
    expect(updatePoints.length).toBeGreaterThanOrEqual(2);

    const updates = await Promise.all(
      updatePoints.map(async (point) => {
        const target = await instance.givenSite(2);
        return { point, target, row: await givenPlainPost(instance, target, nameOf(point)), full: null };
      }),
    );
    await untilPublished(
      instance,
      updates.map(({ row }) => row),
    );
    const count = Math.ceil((points.length + updates.length) / slots);
    const more = await startAll(
      instance,
      Array.from({ length: count - 1 }, (_, number) => `doomed-${number + 1}`),
    );
    const holds: Promise<void>[] = [];
    for (const point of points) {
      const { victim, held } = await givenVictim(instance, point, never, 'killed');
      killed.push(victim);
      holds.push(held);
    }
    for (const update of updates) {
      killed.push(update);
      holds.push(holdAt(update.target, update.point, never));
      await startUpdate(update.row);
    }
    await Promise.all(holds);
    killedAt = Date.now();
    await Promise.all([first, ...more].map((worker) => worker?.kill()));
    survivors = await startAll(instance, ['survivor-0', 'survivor-1']);
    survivorsAt = Date.now();
  });
  afterAll(() => instance.close());

  it('leave one post whatever request they are killed at, which another finishes within seconds', async () => {
    const ended = await untilPublished(
      instance,
      killed.map(({ row }) => row),
    );
    const [one, two] = [await listSite(instance, 1), await listSite(instance, 2)];
    const waits: number[] = [];
    for (const [index, { point, target, row, full }] of killed.entries()) {
      const stored = ended[index] as Publication;
      const post = full ? expectWhole(one, full) : onlyPost(two.posts, row);
      expectRecorded(stored, post, { attempts: 2, sentRevision: full ? 1 : 2 });
      if (!full) {
        expect(post.content?.raw).toContain(`Dough rests longer. ${row.id}`);
        expect(await revisionsOf(post.id), nameOf(point)).toBe(revisionsOfUpdate);
      }
      const taken = takeOverOf(target, killedAt);
      expect(taken, nameOf(point)).toMatchObject({
        from: expect.stringMatching('doomed'),
        by: expect.stringMatching('survivor'),
      });
      waits.push((taken?.at ?? Infinity) - killedAt);
    }
    waits.sort((a, b) => a - b);
    const up = survivorsAt - killedAt;
    console.log(`${killed.length} killed; others were there after ${up} ms and took over after`, waits.join(' '), 'ms');
    // The rest has to wait until one of the survivors has its hands free.
    const atOnce = waits.slice(0, survivors.length * slots);
    expect(atOnce.at(-1)).toBeLessThan(Math.max(leaseMs, up) + takeOverMs);
  });

  it('that share a queue work each site one publication at a time, and each its part of it', async () => {
    const names = survivors.map(({ name }) => name);
    const targets = [await instance.givenSite(1), await instance.givenSite(2)];
    const rows: Publication[] = [];
    for (let index = 0; index < 12; index += 1) {
      rows.push(await givenPlainPost(instance, targets[index % 2] as Target, `shared ${index}`));
    }
    const ended = await untilPublished(instance, rows);
    const sites = [await listSite(instance, 1), await listSite(instance, 2)];
    for (const [index, row] of ended.entries()) {
      expectRecorded(row, onlyPost((sites[index % 2] as Listing).posts, row), { attempts: 1 });
    }
    const workers: string[] = [];
    for (const { seen } of targets) {
      // What comes after the first look for a post belongs to it, until another post is looked for.
      const turns: { post: string; worker: string }[] = [];
      for (const { url, body, worker } of seen) {
        const post = /bp-[\da-f-]{36}/.exec(`${decodeURIComponent(url)} ${body}`)?.[0] ?? turns.at(-1)?.post ?? '';
        const last = turns.at(-1);
        if (last?.post !== post || last.worker !== worker) turns.push({ post, worker });
      }
      expect(turns.map(({ post }) => post)).toEqual([...new Set(turns.map(({ post }) => post))]);
      expect(turns).toHaveLength(6);
      workers.push(...turns.map(({ worker }) => worker));
    }
    expect([...new Set(workers)].toSorted()).toEqual(names);
  });

  it('try again when a site refuses connections, and find what it did not answer any more', async () => {
    const [refusing, cut] = [await instance.givenSite(1), await instance.givenSite(2)];
    await refusing.proxy.goAway();
    const gone = Promise.withResolvers<void>();
    cut.setRule(({ kind, earlier }) =>
      kind === 'POST /wp/v2/posts' && earlier === 0 ? { kind: 'cut_middle' } : undefined,
    );
    const started = Date.now();
    const rows = [await givenPlainPost(instance, refusing, 'refused'), await givenPlainPost(instance, cut, 'cut off')];
    const away = async () => {
      await vi.waitFor(() => expect(Object.keys(cut.proxy.fired())).toEqual(['cut_middle POST /wp/v2/posts']), {
        timeout: 30_000,
        interval: 5,
      });
      await cut.proxy.goAway();
      await sleep(1_500);
      await cut.proxy.comeBack();
      gone.resolve();
    };
    const refused = async () => {
      const read = () => getPublication(instance.ctx.db, instance.ctx.ownerId, (rows[0] as Publication).id);
      await vi.waitFor(async () => expect(await read()).toMatchObject({ status: 'queued', attempts: 1 }), {
        timeout: 30_000,
      });
      const { error, nextAttemptAt } = await read();
      expect(error).toMatchObject({ code: 'site_unreachable' });
      await refusing.proxy.comeBack();
      return nextAttemptAt?.getTime() ?? 0;
    };
    const [nextAt] = await Promise.all([refused(), away()]);
    const [first, second] = await untilPublished(instance, rows);
    expectRecorded(first as Publication, onlyPost((await listSite(instance, 1)).posts, rows[0] as Publication), {
      attempts: 2,
    });
    expectRecorded(second as Publication, onlyPost((await listSite(instance, 2)).posts, rows[1] as Publication));
    const [again, found] = [first, second].map((row) => row?.publishedAt?.getTime() ?? 0);
    // Not before its time, and the site was not left waiting much longer.
    expect(refusing.seen[0]?.at).toBeGreaterThanOrEqual(nextAt - 50);
    expect((again ?? 0) - started).toBeLessThan(20_000);
    expect((found ?? 0) - started).toBeLessThan(20_000);
    console.log(`refused: there after ${(again ?? 0) - started} ms; cut off: ${(found ?? 0) - started} ms`);
  });

  it('send at its time, on the clocks of the site, what was scheduled', async () => {
    const target = await instance.givenSite(1, { timezone: 'Asia/Kolkata' });
    const at = Math.ceil(Date.now() / 1000 + 4) * 1000;
    const words = localTime(new Date(at), 'Asia/Kolkata');
    const row = await givenPost(instance.ctx, {
      siteId: target.site.id,
      title: `${instance.word} Scheduled`,
      wanted: 'future',
      publishAt: words,
    });
    expect(row).toMatchObject({ status: 'scheduled', publishAt: new Date(at) });
    const [ended] = await untilPublished(instance, [row]);
    const post = onlyPost((await listSite(instance, 1)).posts, row);
    expectRecorded(ended as Publication, post, { attempts: 1, publishAt: new Date(at) });
    const late = Date.parse(`${post.date_gmt}Z`) - at;
    console.log(`scheduled: ${(ended?.publishedAt?.getTime() ?? 0) - at} ms after its time`);
    expect(target.seen[0]?.at).toBeGreaterThanOrEqual(at);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(15_000);
  });
});

describe.concurrent('workers that freeze', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance('frozen');
  });
  afterAll(() => instance.close());

  it('and wake when another has finished: no second post, and nothing written over', async () => {
    const { ctx } = instance;
    // One is stopped when the database has told it that the lease is still its own, and nothing is left to do but to
    // send the post; what it is told then reaches it when it wakes.
    const [unaware] = (await startAll(instance, ['unaware'])) as [Worker];
    const points = await cleanPoints(instance);
    const target = await instance.givenSite(1, { seoPlugin: 'yoast' });
    const told = Promise.withResolvers<void>();
    let id = '';
    let sending = false;
    unaware.database.watch((sent) => {
      if (id === '' || !sent.includes(id) || !sent.includes('update "publications"')) return;
      if (/"may_exist" = \$\d/.test(sent)) sending = true;
      else if (sending) {
        unaware.database.watch(() => undefined);
        unaware.database.hold();
        told.resolve();
      }
    });
    const go = Promise.withResolvers<void>();
    const begun = holdAt(target, points[0] as Point, go.promise);
    const sent = await givenFullPost(instance, target, 'unaware');
    id = sent.row.id;
    await begun;
    go.resolve();
    await told.promise;
    unaware.program.kill('SIGSTOP');
    await pauseQueue(ctx, ctx.ownerId, target.site.id);

    // Another one is stopped while it waits for answers to what the site has done.
    const [waiting] = (await startAll(instance, ['waiting'])) as [Worker];
    const answered = Promise.withResolvers<void>();
    const fenced = Promise.withResolvers<void>();
    const victims: Victim[] = [];
    const holds: Promise<void>[] = [];
    for (const point of points.filter(({ when }) => when === 'after').slice(1 - slots)) {
      const { victim, held } = await givenVictim(instance, point, answered.promise, 'frozen', fenced.promise);
      victims.push(victim);
      holds.push(held);
    }
    await Promise.all(holds);
    waiting.program.kill('SIGSTOP');
    const frozenAt = Date.now();
    await resumeQueue(ctx, ctx.ownerId, target.site.id);
    await startAll(instance, ['survivor']);
    const wake = async ({ program }: Worker, count: number) => {
      program.kill('SIGCONT');
      const givenUp = () => program.output().split('publication given up').length - 1;
      await vi.waitFor(() => expect(givenUp()).toBe(count), { timeout: 30_000 });
    };

    // It wakes while the other has what was its own, and has just begun.
    const takenOver = () => victims.flatMap((victim) => takeOverOf(victim.target, frozenAt)?.by ?? []);
    await vi.waitFor(() => expect(takenOver()).toEqual(victims.map(() => 'survivor')), { timeout: 40_000 });
    const wokenAt = Date.now();
    answered.resolve();
    await wake(waiting, victims.length);
    const theirs = await rowsOf(instance, victims);
    expect(theirs.every(({ status, attempts }) => status === 'publishing' && attempts === 2)).toBe(true);
    fenced.resolve();
    const ended = await untilPublished(
      instance,
      victims.map(({ row }) => row),
    );
    // The one that was about to send wakes when all is done.
    const [done] = await untilPublished(instance, [sent.row]);
    const wokenLateAt = Date.now();
    unaware.database.release();
    await wake(unaware, 1);
    await target.proxy.settled();

    const listing = await listSite(instance, 1);
    for (const [index, victim] of victims.entries()) {
      const post = expectWhole(listing, victim.full as FullPost);
      expectRecorded(ended[index] as Publication, post, { attempts: 2 });
      expect(victim.target.seen.filter(({ worker, at }) => worker === 'waiting' && at > wokenAt)).toEqual([]);
    }
    expect(target.seen.filter(({ worker, at }) => worker === 'unaware' && at > wokenLateAt)).toEqual([]);
    expectRecorded(done as Publication, expectWhole(listing, sent), { attempts: 2 });
    expect(await rowsOf(instance, [...victims, sent])).toEqual([...ended, done]);
  });
});

describe.concurrent('an instance of one worker', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance('alone');
  });
  afterAll(() => instance.close());

  it('goes on by itself when its database went away after the site had made the post, and after being down', async () => {
    const { ctx } = instance;
    const target = await instance.givenSite(1);
    const worker = await instance.startWorker('only', 'product');
    const made = Promise.withResolvers<void>();
    const away = Promise.withResolvers<void>();
    target.setRule(({ kind, earlier }) =>
      kind === 'POST /wp/v2/posts' && earlier === 0
        ? { kind: 'hold_after', until: away.promise, reached: made.resolve }
        : undefined,
    );
    const row = await givenPlainPost(instance, target, 'database');
    await made.promise;
    await worker.database.goAway();
    away.resolve();
    await sleep(3_000);
    expect(await getPublication(ctx.db, ctx.ownerId, row.id)).toMatchObject({ status: 'publishing', remoteId: null });
    await worker.database.comeBack();
    const back = Date.now();
    const [ended] = await untilPublished(instance, [row]);
    console.log(`database back: published after ${Date.now() - back} ms`);
    expectRecorded(ended as Publication, onlyPost((await listSite(instance, 1)).posts, row), { attempts: 2 });
    expect(worker.program.exitCode).toBeNull();

    // A time that passes while nothing runs.
    await worker.kill();
    const at = Math.ceil(Date.now() / 1000 + 1) * 1000;
    const scheduled = await givenPost(ctx, {
      siteId: target.site.id,
      title: `${instance.word} Missed`,
      wanted: 'future',
      publishAt: new Date(at),
    });
    expect(scheduled.status).toBe('scheduled');
    await sleep(at + 500 - Date.now());
    await instance.startWorker('next', 'product');
    const started = Date.now();
    const [missed] = await untilPublished(instance, [scheduled]);
    console.log(`its time passed while down: published ${Date.now() - started} ms after the start`);
    const post = onlyPost((await listSite(instance, 1)).posts, scheduled);
    expectRecorded(missed as Publication, post, { attempts: 1, publishAt: new Date(at) });
    expect((missed?.publishedAt?.getTime() ?? 0) - started).toBeLessThan(15_000);
    // The post says when it went out, not when it was to.
    expect(Math.abs(Date.parse(`${post.date_gmt}Z`) - (missed?.publishedAt?.getTime() ?? 0))).toBeLessThan(5_000);
  });
});
