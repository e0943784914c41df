import { eq } from 'drizzle-orm';
import { insertArticle } from '../../src/articles/articles.ts';
import { articles } from '../../src/articles/schema.ts';
import { newId } from '../../src/db/id.ts';
import { digest } from '../../src/digest.ts';
import { imageFiles, images } from '../../src/images/schema.ts';
import type { PostOptions } from '../../src/publishing/options.ts';
import { requestPublication } from '../../src/publishing/publications.ts';
import { type Publication, publications, type WantedStatus } from '../../src/publishing/schema.ts';
import type { TestContext } from '../harness.ts';

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
  publishAt?: Date | null;
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
