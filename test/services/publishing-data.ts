import { eq } from 'drizzle-orm';
import { insertArticle } from '../../src/articles/articles.ts';
import { articles } from '../../src/articles/schema.ts';
import { newId } from '../../src/db/id.ts';
import { digest } from '../../src/digest.ts';
import { imageFiles, images } from '../../src/images/schema.ts';
import type { PostOptions } from '../../src/publishing/options.ts';
import { requestPublication } from '../../src/publishing/publications.ts';
import { type Publication, publications, type WantedStatus } from '../../src/publishing/schema.ts';
import type { WordPressClient } from '../../src/wordpress/client.ts';
import type { TestContext } from '../harness.ts';
import { needed } from './environment.ts';

/** Address and login of the real site 1 (pretty permalinks) or 2 (plain ones). */
export const realSite = (number: number) => ({
  siteUrl: needed(`TEST_WP${number}_URL`),
  username: needed(`TEST_WP${number}_USER`),
  applicationPassword: needed(`TEST_WP${number}_APP_PASSWORD`),
});

/** What is listed of a post, a file or a term. */
export interface Listed {
  id: number;
  name?: string;
  slug: string;
  status?: string;
  link?: string;
  date_gmt?: string;
  content?: { raw: string };
  categories?: number[];
  tags?: number[];
  featured_media?: number;
}

const paths = ['posts', 'media', 'tags', 'categories'] as const;

/** All posts, files or terms with `word` on a site, in as few requests as that takes. */
export async function everythingOn(
  direct: WordPressClient,
  path: (typeof paths)[number],
  word: string,
): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let page = 1; ; page += 1) {
    const { json } = await direct.call('GET', `/wp/v2/${path}`, {
      parameters: {
        search: word,
        per_page: 100,
        page,
        context: 'edit',
        orderby: 'id',
        _fields: 'id,name,slug,status,link,date_gmt,content.raw,categories,tags,featured_media',
        ...(path === 'posts' ? { status: 'any,trash' } : {}),
      },
    });
    const listed = json as Listed[];
    found.push(...listed);
    if (listed.length < 100) return found;
  }
}

/** Deletes all of them for good. */
export async function removeEverything(direct: WordPressClient, word: string): Promise<void> {
  for (const path of paths) {
    for (const { id } of await everythingOn(direct, path, word)) {
      await direct.call('DELETE', `/wp/v2/${path}/${id}`, { parameters: { force: true } });
    }
  }
}

/** A user of a site with the role of an author, and an Application Password. */
export async function givenAuthor(
  hand: WordPressClient,
): Promise<{ id: number; username: string; applicationPassword: string }> {
  const run = crypto.randomUUID().slice(0, 8);
  const login = { username: `author-${run}`, email: `${run}@example.test`, password: crypto.randomUUID() };
  const { json } = await hand.call('POST', '/wp/v2/users', { body: { ...login, roles: ['author'] } });
  const { id } = json as { id: number };
  const path = `/wp/v2/users/${id}/application-passwords`;
  const { password } = (await hand.call('POST', path, { body: { name: run } })).json as { password: string };
  return { id, username: login.username, applicationPassword: password };
}

/** One black pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** An image of the owner as an upload leaves it. Returns its id. */
export async function givenImage(ctx: TestContext, name: string, bytes: Uint8Array = png): Promise<string> {
  const id = newId();
  await ctx.db.insert(images).values({
    id,
    userId: ctx.ownerId,
    kind: 'upload',
    mime: 'image/png',
    width: 1,
    height: 1,
    size: bytes.length,
    digest: digest([id]),
    name,
    alt: `Picture of ${name}`,
    caption: `Seen: ${name}`,
  });
  await ctx.db.insert(imageFiles).values({ imageId: id, data: bytes });
  return id;
}

export interface GivenPost {
  siteId: string;
  title: string;
  markdown?: string;
  wanted?: WantedStatus;
  publishAt?: Date | string | null;
  options?: PostOptions;
  featuredImageId?: string;
  metaTitle?: string;
  metaDescription?: string;
  keyword?: string;
  jsonLd?: Record<string, unknown>;
}

/** An article with its publication, enqueued. */
export async function givenPost(ctx: TestContext, post: GivenPost): Promise<Publication> {
  const { siteId, title, wanted = 'publish', publishAt = null, options, featuredImageId, jsonLd } = post;
  return ctx.db.transaction(async (tx) => {
    const { id: articleId } = await insertArticle(ctx, tx, ctx.ownerId, {
      title,
      markdown: post.markdown ?? 'Dough *rests*.\n\n## Why\n\n- gluten\n- time\n\n```\n5 * 3 * 2\n```',
      excerpt: 'On dough.',
      language: 'en',
      pipelineId: null,
      author: 'user',
    });
    const { metaTitle = '', metaDescription = '', keyword = '' } = post;
    await tx
      .update(articles)
      .set({ metaTitle, metaDescription, keyword, jsonLd: jsonLd ?? null, featuredImageId: featuredImageId ?? null })
      .where(eq(articles.id, articleId));
    const request = { userId: ctx.ownerId, articleId, siteId, wanted, publishAt, pipelineId: null };
    const row = await requestPublication(ctx, tx, request);
    if (!options) return row;
    await tx.update(publications).set({ options }).where(eq(publications.id, row.id));
    return { ...row, options };
  });
}
