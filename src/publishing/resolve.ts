import { eq, sql } from 'drizzle-orm';
import { type ArticleContent, editArticleIn } from '../articles/articles.ts';
import { getArticle } from '../articles/queries.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { connectToSite } from '../sites/connect.ts';
import { getSite } from '../sites/queries.ts';
import type { WordPressPost } from '../wordpress/client.ts';
import { seoKeys } from '../wordpress/seo-meta.ts';
import { siteCauseOf } from '../wordpress/site-error.ts';
import { announcePublication } from './announce.ts';
import { sameTexts } from './changes.ts';
import { assertConflict, baseMarkdown, type ConflictChoice, choicesOf, theirMarkdown, wordsOf } from './conflict.ts';
import type { PublicationChange } from './lease.ts';
import { seoInArticle, seoNames } from './post-seo.ts';
import { change, lockQueued, noLongerPublished, resting, ticketFor } from './publications.ts';
import { getPublication } from './queries.ts';
import { optionFields, type Publication, publications, type SeenPost, type SentPost } from './schema.ts';

type Ctx = Pick<AppContext, 'db' | 'queue' | 'secrets' | 'safeFetch' | 'now'>;

/** A person's decision, and what they had before them. */
export interface Resolution {
  choice: ConflictChoice;
  articleRevision: number;
  theirsModified: string | null;
  /** The text of a `merge`; what is left out stays as the article has it. */
  merged?: Partial<Pick<ArticleContent, 'title' | 'markdown' | 'excerpt' | 'slug'>>;
}

/**
 * Ends a conflict as a person has chosen:
 *
 * - `theirs`: the article takes over the post as a new revision; nothing is written to the site.
 * - `ours`, `merge`: an update is enqueued that takes what was shown as accepted; a further edit is a new conflict.
 * - `leave`: the post stays in the trash, deleted, or (when it was to be trashed) on the site.
 * - `again`: the post is taken out of the trash, or made anew where it was deleted.
 *
 * @throws AppError `invalid_state` when there is no conflict, `invalid_request` for a choice that it does not offer,
 *   `stale_revision` or `conflict` when article or post have changed since they were shown; those of the site's client.
 */
export async function resolveConflict(
  ctx: Ctx,
  userId: string,
  id: string,
  decision: Resolution,
): Promise<Publication> {
  const seen = await getPublication(ctx.db, userId, id);
  assertConflict(seen);
  assertOffered(seen, decision.choice);
  if (decision.choice !== 'leave') await assertUnchanged(ctx, seen, decision);
  return ctx.db.transaction(async (tx) => {
    const row = await lockQueued(tx, userId, id);
    assertConflict(row);
    if (row.lease !== seen.lease) throw changedMeanwhile();
    const article = await getArticle(tx, userId, row.articleId);
    if (decision.choice !== 'leave' && article.revision !== decision.articleRevision) {
      throw new AppError('stale_revision', 'The article was changed here since you were shown both versions.', {
        hint: 'Look at the conflict again and choose then.',
        details: { revision: article.revision },
      });
    }
    switch (decision.choice) {
      case 'theirs': {
        const theirs = postOf(row);
        const words = wordsOf(theirs);
        const { markdown } = theirMarkdown(row, await baseMarkdown(tx, row, article), theirs);
        const texts = theirTexts(row);
        const taken = {
          ...texts,
          ...(words.title === '' ? {} : { title: words.title }),
          excerpt: words.excerpt,
          ...(words.slug === '' ? {} : { slug: words.slug }),
          markdown,
        };
        const same = (Object.keys(taken) as (keyof typeof taken)[]).every((name) => article[name] === taken[name]);
        const { revision } = same
          ? article
          : await editArticleIn(ctx, tx, userId, article.id, decision.articleRevision, taken);
        const settled = await change(tx, row.id, takenOver(row, theirs, revision));
        return announcePublication(ctx, tx, settled);
      }
      case 'merge':
        await editArticleIn(ctx, tx, userId, article.id, decision.articleRevision, decision.merged ?? {});
        return ticketFor(ctx, tx, await change(tx, row.id, againWith(row)));
      case 'ours':
        return ticketFor(ctx, tx, await change(tx, row.id, againWith(row)));
      case 'leave': {
        const stays = await change(tx, row.id, left(row));
        if (stays.status !== 'unpublished') return stays;
        await noLongerPublished(tx, row.articleId);
        return announcePublication(ctx, tx, stays);
      }
      case 'again':
        return ticketFor(ctx, tx, await change(tx, row.id, again(row)));
    }
  });
}

function assertOffered(row: Publication, choice: ConflictChoice): void {
  const offered = choicesOf(row);
  if (offered.includes(choice)) return;
  const message = `does not fit this conflict: choose ${offered.join(', ')}`;
  throw new AppError('invalid_request', `choice: ${message}`, { errors: [{ path: 'choice', message }] });
}

/** Looks at the site: what was chosen between must still be what is there. Stores what is there if not. */
async function assertUnchanged(ctx: Ctx, row: Publication, { theirsModified }: Resolution): Promise<void> {
  if (row.remoteId === null) return;
  const site = await getSite(ctx.db, row.userId, row.siteId);
  let there: WordPressPost | null = null;
  try {
    there = await connectToSite(ctx, site).getPost(row.remoteId);
  } catch (error) {
    if (siteCauseOf(error) !== 'not_found') throw error;
  }
  const { theirs } = row;
  const shown = (theirs?.modifiedGmt ?? null) === theirsModified;
  const unchanged =
    theirs === null || there === null
      ? theirs === there
      : theirs.status === there.status && theirs.slug === there.slug && sameTexts(theirs, there);
  if (shown && unchanged) return;
  if (!unchanged) {
    const kind = there === null ? ('deleted' as const) : there.status === 'trash' ? 'trashed' : 'edited';
    const fields = kind === 'edited' ? (row.conflict?.fields ?? []) : [];
    await ctx.db
      .update(publications)
      .set({ theirs: there, conflict: { kind, fields, late: false }, lease: sql`${publications.lease} + 1` as never })
      .where(sql`${eq(publications.id, row.id)} and ${eq(publications.lease, row.lease)}`);
  }
  throw changedMeanwhile();
}

const changedMeanwhile = () =>
  new AppError('conflict', 'The post was changed on the site since you were shown both versions.', {
    hint: 'Look at the conflict again: it shows the post as it is now.',
  });

function postOf({ theirs }: Publication): SeenPost {
  if (!theirs) throw new AppError('invalid_state', 'The post is not on the site any more.');
  return theirs;
}

const settled: PublicationChange = { theirs: null, conflict: null, error: null, warnings: [], evenIfEdited: false };
const queued = { ...settled, status: 'queued', attempts: 0, nextAttemptAt: sql`now()` } as const;

/** The texts for search engines that a person changed on the site, as far as it tells them, by the names of the article. */
function theirTexts({
  theirs,
  sent,
}: Publication): Partial<Pick<ArticleContent, 'metaTitle' | 'metaDescription' | 'keyword'>> {
  const changed = seoKeys.filter((key) => {
    const there = theirs?.seo?.texts[key];
    return there !== undefined && there !== (sent?.seo?.texts[key] ?? '');
  });
  return Object.fromEntries(changed.map((key) => [seoInArticle[key], theirs?.seo?.texts[key]]));
}

/**
 * The base after their post was taken over. What the article has no place for (categories, author, image …) stays a person's
 * change: told from what we would have sent, or from nothing where that is not known.
 */
function baseOfTheirs({ conflict, sent }: Publication, theirs: SeenPost): SentPost {
  const wanted = conflict?.wanted;
  const base: SentPost = { ...theirs };
  for (const name of optionFields) Object.assign(base, { [name]: wanted ? (wanted[name] ?? theirs[name]) : null });
  if (!theirs.seo) return { ...base, ...(sent?.seo ? { seo: sent.seo } : {}) };
  // A text that cannot be read is taken for what we would have sent: it is asked about again when that changes.
  return { ...base, seo: { ...theirs.seo, texts: { ...wanted?.seo, ...theirs.seo.texts } } };
}

/** The post is the article now. One that a person took down stays down when it is next brought up to date. */
function takenOver(row: Publication, theirs: SeenPost, revision: number): PublicationChange {
  const down = row.wanted !== 'draft' && theirs.status !== 'publish';
  return {
    ...settled,
    status: down ? 'unpublished' : 'published',
    ...(down ? { wanted: 'draft', publishAt: null } : {}),
    sent: baseOfTheirs(row, theirs),
    sentRevision: revision,
    remoteStatus: theirs.status,
    remoteUrl: theirs.link || null,
    nextAttemptAt: null,
  };
}

/**
 * An update for which what was shown of the site is accepted: the text, and each field that both sides had changed. What
 * only a person had changed was not shown, and stays theirs. Without a revision the texts themselves are compared.
 */
function againWith(row: Publication): PublicationChange {
  const theirs = postOf(row);
  const shown = new Set(row.conflict?.fields.map(({ name }) => name));
  const accepted: SentPost = { ...theirs, accepted: true, ...(row.sent ? { earlier: row.sent.content } : {}) };
  for (const name of optionFields) {
    if (!shown.has(name)) Object.assign(accepted, { [name]: row.sent?.[name] ?? null });
  }
  const texts = { ...row.sent?.seo?.texts };
  for (const key of seoKeys) if (shown.has(seoNames[key])) texts[key] = theirs.seo?.texts[key];
  const plugin = theirs.seo?.plugin ?? row.sent?.seo?.plugin;
  const seo = plugin === undefined ? {} : { seo: { plugin, texts } };
  return { ...queued, task: 'update', sent: { ...accepted, ...seo }, sentRevision: null, remoteStatus: theirs.status };
}

function left(row: Publication): PublicationChange {
  if (row.conflict?.kind === 'edited') return { ...resting(row), ...settled };
  return {
    ...settled,
    status: 'unpublished',
    nextAttemptAt: null,
    remoteStatus: row.theirs?.status ?? null,
    ...(row.sent ? { sent: { ...row.sent, status: row.theirs?.status ?? row.sent.status } } : {}),
  };
}

/** The only way in which a post that was deleted is made anew. */
function again(row: Publication): PublicationChange {
  if (!row.theirs) {
    return {
      ...queued,
      task: 'place',
      remoteId: null,
      remoteUrl: null,
      remoteStatus: null,
      mayExist: false,
      sent: null,
      sentRevision: null,
    };
  }
  return {
    ...queued,
    task: 'update',
    remoteStatus: row.theirs.status,
    ...(row.sent ? { sent: { ...row.sent, status: row.theirs.status } } : {}),
  };
}
