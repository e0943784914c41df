import { and, desc, eq, gt } from 'drizzle-orm';
import { articleRevisions } from '../articles/schema.ts';
import type { AppError } from '../errors.ts';
import { hasMarker, publicationMarker } from '../wordpress/blocks.ts';
import type { WordPressPost } from '../wordpress/client.ts';
import { record } from '../wordpress/rest-answer.ts';
import { siteCauseOf, siteError } from '../wordpress/site-error.ts';
import { asStored, sameTexts } from './changes.ts';
import { composePost } from './compose-post.ts';
import type { Delivery } from './delivery.ts';
import type { SentPost } from './schema.ts';

/**
 * The post of a publication on its site, in whatever status; null when it is gone. Looked for by its marker where its id
 * is not known, or no longer that of a post.
 */
export async function findPost({ publication, client, site }: Delivery): Promise<WordPressPost | null> {
  if (publication.remoteId !== null) {
    try {
      return await client.getPost(publication.remoteId);
    } catch (error) {
      if (siteCauseOf(error) === 'role_insufficient') throw outOfReach(site, error);
      if (siteCauseOf(error) !== 'not_found') throw error;
    }
  }
  const marked = await client.findByMarker(publicationMarker(publication.id));
  return marked.find(({ status }) => status !== 'trash') ?? marked[0] ?? null;
}

/** Types of WordPress itself that no post is made into. */
const otherTypes = /^(?:attachment|nav_menu_item|wp_.*|custom_css|revision)$/;
const typesTried = 12;

/**
 * What has become of a post whose id is no longer that of one: the name of its type now, such as `page`; null when it is
 * gone, or of a type that the site does not show.
 * @throws AppError of the WordPress client
 */
export async function convertedTo({ publication, client }: Delivery): Promise<string | null> {
  if (publication.remoteId === null) return null;
  const { json } = await client.call('GET', '/wp/v2/types');
  const types = Object.values(record(json)).map(record);
  const others = types.filter(({ slug }) => slug !== 'post' && !otherTypes.test(String(slug)));
  for (const { slug, rest_base, rest_namespace = 'wp/v2' } of others.slice(0, typesTried)) {
    try {
      const { json: found } = await client.call('GET', `/${rest_namespace}/${rest_base}/${publication.remoteId}`, {
        parameters: { context: 'edit', _fields: 'id,content' },
      });
      const content = record(record(found).content).raw;
      // Ids are not given again, but a site may have been set up anew.
      if (typeof content === 'string' && hasMarker(content, publicationMarker(publication.id))) return String(slug);
    } catch (error) {
      const cause = siteCauseOf(error);
      if (cause !== 'not_found' && cause !== 'rest_missing' && cause !== 'role_insufficient') throw error;
    }
  }
  return null;
}

/** A post that was ours to edit and is not any more: an editor has published the draft of a contributor, or it has another author. */
export function outOfReach({ name, username }: Delivery['site'], cause: unknown): AppError {
  return siteError(
    'role_insufficient',
    `The post is on “${name}”, but ${username} may not edit it there. Nothing of it was changed.`,
    {
      hint: 'A contributor may edit only their own drafts, an author only their own posts. Give the user the role Editor on the site, or connect it as an editor; then retry.',
      details: { mayHaveHappened: false },
      cause,
    },
  );
}

/** What is known of our last writing. */
export interface KnownBase {
  base: SentPost | null;
  /** The revision of the article that it was made of; null when that is not known. */
  revision: typeof articleRevisions.$inferSelect | null;
}

/** No article has so many revisions between two deliveries that more of them need to be looked at. */
const revisionsTried = 20;

/**
 * What we last wrote, for comparing. What stands on the site may be ours without our having stored it: an update whose
 * answer was lost, or a post of a version of this program that kept no base. Then it reads as one of the article's
 * revisions does, and is itself the base.
 */
export async function knownBase(delivery: Delivery, theirs: WordPressPost): Promise<KnownBase> {
  const { ctx, publication, article } = delivery;
  const ofArticle = and(eq(articleRevisions.articleId, article.id), eq(articleRevisions.userId, publication.userId));
  const { sent, sentRevision } = publication;
  const [revision = null] =
    sentRevision === null
      ? []
      : await ctx.db
          .select()
          .from(articleRevisions)
          .where(and(ofArticle, eq(articleRevisions.revision, sentRevision)));
  if (sent && sameTexts(sent, theirs)) return { base: sent, revision };
  const tried = await ctx.db
    .select()
    .from(articleRevisions)
    .where(and(ofArticle, sent && sentRevision !== null ? gt(articleRevisions.revision, sentRevision) : undefined))
    .orderBy(desc(articleRevisions.revision))
    .limit(revisionsTried);
  for (const one of tried) {
    if (sent && one.revision === article.revision) continue;
    const { title, markdown, fields } = one;
    const { post } = await composePost(
      { ...delivery, article: { ...article, ...fields, title, markdown } },
      { existing: true, standing: theirs, base: sent },
    );
    if (sameTexts(asStored(post), theirs)) {
      const { title: wroteTitle, excerpt, content } = theirs;
      const base = sent ? { ...sent, title: wroteTitle, excerpt, content } : { ...theirs };
      return { base, revision: one };
    }
  }
  return { base: sent, revision };
}
