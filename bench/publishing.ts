import { randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { ensureLocalOwner } from '../src/accounts/operator.ts';
import { closeContext, createContext } from '../src/app.ts';
import { createLogger } from '../src/logger.ts';
import { createSafeFetch } from '../src/net/safe-fetch.ts';
import { deliverPublication } from '../src/publishing/deliver.ts';
import { getPublication } from '../src/publishing/queries.ts';
import { checkStoredSite, createSite } from '../src/sites/sites.ts';
import { createWordPressClient, type WordPressClient } from '../src/wordpress/client.ts';
import { givenImage, givenPost } from '../test/services/publishing-data.ts';
import {
  type BenchDatabase,
  noPostgres,
  openEmbeddedBench,
  openPostgresBench,
  postgresUrl,
} from './support/database.ts';
import { type Figure, figure, type Measure, type MeasureOptions, repeat, timed } from './support/measure.ts';

const never = new AbortController().signal;
const { TEST_WP1_URL: siteUrl, TEST_WP1_USER: user, TEST_WP1_APP_PASSWORD: password } = process.env;
const noSite =
  'publishing: TEST_WP1_URL, TEST_WP1_USER and TEST_WP1_APP_PASSWORD are not set (a WordPress, see test/services/compose.yaml)';
const run = `bench${Date.now().toString(36)}`;
const categories = [`${run} News`, `${run} Bread`];
const tags = [`${run} flour`, `${run} water`, `${run} salt`];

/**
 * What publishing once and for sure costs: a post with a featured image, two categories and three tags, by
 * `deliverPublication` with its database, against the same post by bare REST calls to the same site: each term looked
 * up, the image uploaded, the post sent; and against a client that remembers the ids of terms, as ours does, and only
 * uploads and sends. In turns, so that all meet the same site.
 */
export const publishing: Measure = async (options) => {
  if (!siteUrl || !user || !password) return { figures: [], notMeasured: [noSite] };
  const figures: Figure[] = [];
  if (postgresUrl) figures.push(...(await measure('PostgreSQL', await openPostgresBench(postgresUrl), options)));
  figures.push(...(await measure('embedded', await openEmbeddedBench(), options)));
  return { figures, notMeasured: postgresUrl ? [] : [`publishing on PostgreSQL: ${noPostgres}`] };
};

async function measure(
  name: string,
  { database, config, secrets, remove }: BenchDatabase,
  { quick }: MeasureOptions,
): Promise<Figure[]> {
  const url = String(siteUrl);
  const safeFetch = createSafeFetch({ allowPrivateHosts: [new URL(url).hostname], userAgent: 'blog-poster bench' });
  const context = await createContext(config, secrets, createLogger('warn'), database, { safeFetch });
  const ctx = Object.assign(context, { ownerId: (await ensureLocalOwner(database.db)) ?? '' });
  const input = { name, url, username: String(user), applicationPassword: String(password) };
  const client = createWordPressClient({ safeFetch, siteUrl: url, ...input });
  try {
    const { restRoot } = await client.discover();
    const site = await createSite(ctx, ctx.db, ctx.ownerId, input);
    // As it is done when a site is connected; where its REST API is need not be found out with every post then.
    await checkStoredSite(ctx, site);
    let edition = 0;
    const ours = async () => {
      const title = `${run} ${name} ${++edition}`;
      const featuredImageId = await givenImage(ctx, title, picture());
      const row = await givenPost(ctx, {
        siteId: site.id,
        title,
        markdown,
        options: { categories, tags },
        featuredImageId,
      });
      const spent = await timed(() => deliverPublication(ctx, row.id, never));
      const { status, warnings, error } = await getPublication(ctx.db, ctx.ownerId, row.id);
      if (status !== 'published' || warnings.length > 0) throw new Error(`${status}: ${error?.message ?? warnings}`);
      return spent;
    };
    const call = bareCalls(restRoot);
    const bare = async (known?: Terms) => {
      const image = picture();
      const title = `${run} ${name} bare ${++edition}`;
      return timed(async () => publishBare(call, title, image, known ?? (await termsOf(call))));
    };
    // The first posts make the terms, and open the connections.
    await repeat(quick ? 1 : 3, async () => [await ours(), await bare()]);
    const terms = await termsOf(call);
    const rounds = await repeat(quick ? 3 : 25, async (round) => {
      if (round % 2) return { knowing: await bare(terms), bare: await bare(), ours: await ours() };
      return { ours: await ours(), bare: await bare(), knowing: await bare(terms) };
    });
    const values = rounds.map((one) => one.ours);
    const against = (what: string, baseline: number[]) =>
      figure(`a post with image and terms, ${name}, against ${what}`, 'ms', values, {
        baseline: { what, values: baseline },
        aimRatio: 1.3,
      });
    return [
      against(
        'bare REST calls',
        rounds.map((one) => one.bare),
      ),
      against(
        'bare REST calls with known terms',
        rounds.map((one) => one.knowing),
      ),
    ];
  } finally {
    await clear(client);
    await closeContext(ctx);
    await remove();
  }
}

const markdown = 'Dough *rests* before it is shaped.\n\n## Why\n\n- gluten\n- time\n\n'.repeat(20);

type Call = (method: string, path: string, body?: FormData | string) => Promise<unknown>;
interface Terms {
  categories: number[];
  tags: number[];
}

function bareCalls(root: string): Call {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return async (method, path, body) => {
    const json = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
    const answer = await fetch(`${root.replace(/\/$/, '')}${path}`, {
      method,
      headers: { authorization, ...json },
      body,
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return answer.json();
  };
}

async function termsOf(call: Call): Promise<Terms> {
  const idsOf = async (taxonomy: string, names: string[]) => {
    const ids: number[] = [];
    for (const name of names) {
      const found = (await call('GET', `/wp/v2/${taxonomy}?search=${encodeURIComponent(name)}`)) as { id: number }[];
      ids.push(...found.map(({ id }) => id));
    }
    return ids;
  };
  return { categories: await idsOf('categories', categories), tags: await idsOf('tags', tags) };
}

async function publishBare(call: Call, title: string, image: Uint8Array<ArrayBuffer>, terms: Terms): Promise<void> {
  const form = new FormData();
  form.set('title', title);
  form.set('file', new Blob([image], { type: 'image/png' }), 'picture.png');
  const { id } = (await call('POST', '/wp/v2/media', form)) as { id: number };
  const post = { title, content: `<p>${markdown}</p>`, status: 'publish', featured_media: id, ...terms };
  await call('POST', '/wp/v2/posts', JSON.stringify(post));
}

/** Takes everything off the site again. */
async function clear(client: WordPressClient): Promise<void> {
  for (const path of ['posts', 'media', 'tags', 'categories']) {
    for (;;) {
      const { json } = await client.call('GET', `/wp/v2/${path}`, {
        parameters: { search: run, per_page: 100, _fields: 'id' },
      });
      const found = json as { id: number }[];
      for (const { id } of found) {
        await client.call('DELETE', `/wp/v2/${path}/${id}`, { parameters: { force: true, _fields: 'deleted' } });
      }
      if (found.length < 100) break;
    }
  }
}

/** A PNG of 640 x 336 in bands of colour that no picture before had, about 10 KB: what a title card weighs. */
function picture(): Uint8Array<ArrayBuffer> {
  const [width, height] = [640, 336];
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = Array.from({ length: height }, () => {
    const line = Buffer.alloc(1 + width * 3);
    const colours = randomBytes(24);
    for (let x = 0; x < width * 3; x += 1) line[x + 1] = colours[Math.floor(x / (width / 8)) % 24] ?? 0;
    return line;
  });
  const png = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), ...png]));
}
