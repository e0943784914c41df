import { escapeText } from '../wordpress/block-markup.ts';
import { publicationMarker } from '../wordpress/blocks.ts';
import type { WordPressPost } from '../wordpress/client.ts';
import { sameText } from '../wordpress/plain-text.ts';
import { seoKeys } from '../wordpress/seo-meta.ts';
import { siteError } from '../wordpress/site-error.ts';
import { completePost } from './complete-post.ts';
import { type ComposedPost, composePost } from './compose-post.ts';
import type { Delivery, TaskResult } from './delivery.ts';
import { findPost } from './find-post.ts';
import { type PlacedPost, placePost } from './place-post.ts';
import { nextSeo, readPostSeo, seoNames } from './post-seo.ts';
import { aboutAddress, aboutStatus } from './read-back.ts';
import type { SentPost } from './schema.ts';
import { stopped, stoppedAsGone } from './stopped.ts';

/** A database that was restored holds no younger publications than its backup: this is how far back one may lie. */
const freshMs = 10 * 60_000;

/**
 * The task `place`: brings the article onto the site as one post, and completes it. A post that an earlier attempt has
 * made and not completed is completed now, unless someone has changed it meanwhile; then it stays as it is.
 */
export async function placeArticle(delivery: Delivery): Promise<TaskResult> {
  const { publication, client, signal, settleMs, ctx, article } = delivery;
  const age = ctx.now().getTime() - publication.createdAt.getTime();
  const placed = await placePost(
    {
      marker: publicationMarker(publication.id),
      wanted: { slug: article.slug, status: publication.wanted === 'draft' ? 'draft' : 'publish' },
      remoteId: publication.remoteId,
      remoteStatus: publication.remoteStatus,
      mayExist: publication.mayExist,
      fresh: !publication.mayExist && publication.remoteId === null && age >= 0 && age < freshMs,
    },
    {
      client,
      signal,
      settleMs,
      compose: async () => {
        if (publication.wanted !== 'draft') await assertMayPublish(delivery);
        return composePost(delivery);
      },
      setMayExist: (mayExist) => delivery.keep({ mayExist }),
    },
  );
  if (placed === 'trash') return stopped(delivery, await findPost(delivery), 'trashed');
  if (placed === 'deleted') return stoppedAsGone(delivery);
  if (placed.how === 'created' && placed.composed) {
    return finish(delivery, placed, placed.composed, { fresh: true });
  }
  return adopt(delivery, placed);
}

/**
 * Refuses to publish for a user who may only write drafts, before tags or images are brought to the site for it. Asks
 * only where the last check of the site gives a reason to; elsewhere the site itself refuses.
 */
async function assertMayPublish({ site, client }: Delivery): Promise<void> {
  if (!site.lastCheck?.findings.some(({ code }) => code === 'drafts_only')) return;
  if ((await client.me()).capabilities.has('publish_posts')) return;
  throw siteError('role_insufficient', `${site.username} may write drafts on “${site.name}”, but not publish them.`, {
    details: { mayHaveHappened: false },
  });
}

async function finish(
  delivery: Delivery,
  placed: PlacedPost,
  composed: ComposedPost,
  { fresh }: { fresh: boolean },
): Promise<TaskResult> {
  const { id, link, status } = placed.post;
  const { remoteId } = delivery.publication;
  // From here on it is known which post it is, whatever happens to the rest.
  if (remoteId !== id) await delivery.keep({ remoteId: id, remoteUrl: link || null, remoteStatus: status });
  // In a post that stood there for a while somebody may have filled in the texts for search engines: what is there stays.
  const read = fresh ? null : await readPostSeo(delivery, id);
  const unread = read !== null && read.seo === null;
  const open = unread ? [] : seoKeys.filter((key) => composed.seo[key] !== '' && !read?.seo?.texts[key]);
  const send = Object.fromEntries(open.map((key) => [key, composed.seo[key]]));
  const { post, warnings, dropped, seo } = await completePost(delivery, composed, placed.post, {
    send,
    standing: read?.seo ?? null,
  });
  const kept = seoKeys.filter((key) => !open.includes(key)).map((key) => seoNames[key]);
  return {
    kind: 'done',
    post,
    base: seo ? { ...post, seo: fresh ? seo : nextSeo(undefined, seo, composed.seo, kept) } : post,
    warnings: [...warnings, ...(read?.warnings ?? []), ...placed.warnings],
    dropped,
  };
}

/** A post that was there. It is completed when an earlier attempt of ours left it half done, and else left as it is. */
async function adopt(delivery: Delivery, placed: PlacedPost): Promise<TaskResult> {
  const { publication, article } = delivery;
  const { post } = placed;
  const finished = publication.sent !== null || publication.publishedAt !== null;
  if (!finished) {
    const composed = placed.composed ?? (await composePost(delivery, { existing: true }));
    if (isOurs(composed, post)) return finish(delivery, placed, composed, { fresh: false });
    // Someone has changed it: what they did is told from what we would have sent.
    const { title, excerpt = '', content } = composed.post;
    return left(placed, article.slug, delivery, {
      ...post,
      title: escapeText(title),
      excerpt: escapeText(excerpt),
      content,
    });
  }
  const base = publication.sent && placed.released ? withStatusOf(publication.sent, post) : null;
  return left(placed, article.slug, delivery, base);
}

function left(placed: PlacedPost, slug: string, delivery: Delivery, base: SentPost | null): TaskResult {
  const { post } = placed;
  const wanted = delivery.publication.wanted === 'draft' ? 'draft' : 'publish';
  const address = aboutAddress(slug, post);
  const status = post.status === wanted ? [] : [aboutStatus(wanted, post)];
  return {
    kind: 'done',
    post,
    base,
    warnings: [...(address ? [address] : []), ...status, ...placed.warnings],
    dropped: delivery.publication.dropped,
  };
}

/** What we wrote last, after its draft was made public: the rest of it stays what a person's changes are told from. */
function withStatusOf(sent: SentPost, post: WordPressPost): SentPost {
  const { status, slug, link, dateGmt, modifiedGmt } = post;
  return { ...sent, status, slug, link, dateGmt, modifiedGmt };
}

/** True for a post that nobody has touched since it was made: its words are those that we would send. */
function isOurs({ post: sent, jsonLd }: ComposedPost, post: WordPressPost): boolean {
  const content = post.content.trim();
  // Where scripts are not kept, their tags are gone and what stood between them is not: that is to be mended.
  const bare = jsonLd === null ? sent.content : sent.content.replace(jsonLd, (data) => data.replace(/<[^>!]*>/g, ''));
  return (
    (content === sent.content.trim() || content === bare.trim()) &&
    sameText(post.title, sent.title) &&
    sameText(post.excerpt, sent.excerpt ?? '')
  );
}
