import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AppContext } from '../../context.ts';
import { cosine } from '../../knowledge/embeddings.ts';
import { articleCandidates, type DuplicateSearch, postCandidates, withKeyword } from './duplicate-candidates.ts';
import { compareRead, readTopic } from './similarity.ts';
import { type Title, TitleIndex } from './title-index.ts';

/** What a topic can come too close to: an article, one that is being written, a post of a site, a topic of the backlog. */
export type DuplicateKind = 'article' | 'pipeline' | 'post' | 'topic';

/** Something that a topic is compared with. */
export interface Candidate extends Title {
  kind: DuplicateKind;
  /** Null for posts, which are named by their address. */
  id: string | null;
  /** What it is called; `text` is what is compared. */
  title: string;
  /** The only site that it is for; null for any. */
  siteId: string | null;
  url?: string;
  siteName?: string;
}

/** Something of the account that a topic comes too close to, and in which words that shows. */
export type Duplicate = Pick<Candidate, 'kind' | 'id' | 'title' | 'url' | 'siteName'> & { reason: string };

/** What is about to be written about. */
export interface DuplicateSubject {
  topic: string;
  keyword: string | null;
  /** Of posts and topics only those of this site count; null for all. */
  siteId: string | null;
  /** ISO 639-1; null where it is not known: then it is read in the language of what it is compared with. */
  language: string | null;
  /** The topic of the backlog that it is: not compared with itself. */
  topicId?: string | undefined;
}

/** What is known of a subject after the search. */
export interface DuplicateFinding {
  duplicate: Duplicate | null;
  /** The share of its terms, 0 to 1, that titles of the account name; null when there are no titles. */
  familiarity: number | null;
}

/** How to look for duplicates. */
export interface DuplicateOptions {
  /** What else to compare with. */
  others?: Candidate[];
  /** Compare by meaning what words leave open; a subject then takes up to a fifth of a second. */
  meaning?: boolean;
  /** In which language two titles are read of which neither is known (ISO 639-1). */
  usual?: string | null;
}

type Ctx = Pick<AppContext, 'db' | 'embedder'>;

/** How long the thread is held at a time, in milliseconds: others want it in between. */
const holdMs = 15;
/** Of the titles that words cannot tell from a subject, how many are compared by meaning: a fifth of a second. */
const mostByMeaning = 16;
/** In this order one is named when there are several. */
const ranks: Record<DuplicateKind, number> = { article: 0, pipeline: 0, post: 1, topic: 2 };

/** {@link findDuplicates} of one subject, by words and by meaning: near-duplicates in other words are found as well. */
export async function findDuplicate(
  ctx: Ctx,
  search: DuplicateSearch,
  subject: DuplicateSubject,
): Promise<Duplicate | null> {
  const [finding] = await findDuplicates(ctx, search, [subject], { meaning: true });
  return finding?.duplicate ?? null;
}

/**
 * The closest near-duplicate of each subject: among the account's articles and what is being written, then among the posts
 * of the site it is for (of all when there is none), then among `others`. Costs nothing: words are compared, and with
 * `meaning` vectors that are computed on this machine, for what words leave open. Rows are read in batches and the thread
 * is left to others in between; nothing is locked, so call it outside of transactions.
 */
export async function findDuplicates(
  ctx: Ctx,
  search: DuplicateSearch,
  subjects: DuplicateSubject[],
  { others = [], meaning = false, usual = null }: DuplicateOptions = {},
): Promise<DuplicateFinding[]> {
  if (subjects.length === 0) return [];
  const rest = breaks();
  const found = subjects.map((): Found => ({ best: null, open: [] }));
  const byTopic = new TitleIndex(usual);
  const byKeyword = subjects.some(({ keyword }) => keyword) ? new TitleIndex(usual) : byTopic;
  for (const subject of subjects) {
    byTopic.add({ text: subject.topic, language: subject.language });
    if (byKeyword !== byTopic) byKeyword.add({ text: textOf(subject, true), language: subject.language });
  }
  let titles = 0;
  const look = async (batch: Candidate[], index: TitleIndex) => {
    titles += batch.length;
    for (const candidate of batch) {
      index.compare(candidate, (number, comparison) => {
        const subject = subjects[number];
        const entry = found[number];
        if (!subject || !entry || !concerns(candidate, subject)) return;
        if (comparison.undecided && meaning) keepOpen(entry, { candidate, score: comparison.score });
        else if (comparison.duplicate) keepBest(entry, { candidate, ...comparison });
      });
      await rest();
    }
  };
  for await (const batch of articleCandidates(ctx, search)) await look(batch, byKeyword);
  const sites = new Set(subjects.map(({ siteId }) => siteId));
  const onlySite = sites.size === 1 ? (subjects[0]?.siteId ?? null) : null;
  for await (const batch of postCandidates(ctx, search, onlySite)) await look(batch, byTopic);
  // What only waits to be written about says nothing of what the account writes.
  const shares = [byTopic.familiarities(), byKeyword.familiarities()];
  const written = titles;
  await look(others, byTopic);

  for (const [number, entry] of found.entries()) {
    const subject = subjects[number];
    if (subject && entry.best === null && entry.open.length > 0) await compareMeanings(ctx, subject, entry);
  }
  return found.map(({ best }, number) => ({
    duplicate: best && named(best),
    familiarity: written === 0 ? null : Math.max(...shares.map((share) => share[number] ?? 0)),
  }));
}

interface Match {
  candidate: Candidate;
  score: number;
  reason: string;
}
interface Found {
  best: Match | null;
  /** What only the meaning can decide, the nearest first. */
  open: Omit<Match, 'reason'>[];
}

/** Whether a candidate counts for a subject: not for another site, and not itself. */
function concerns({ siteId, kind, id }: Candidate, subject: DuplicateSubject): boolean {
  if (kind === 'topic' && id === subject.topicId) return false;
  return siteId === null || subject.siteId === null || siteId === subject.siteId;
}

function keepBest(found: Found, match: Match): void {
  const order = (one: Match) => ranks[one.candidate.kind] - one.score;
  if (found.best === null || order(match) < order(found.best)) found.best = match;
}

function keepOpen(found: Found, match: Omit<Match, 'reason'>): void {
  found.open.push(match);
  if (found.open.length <= mostByMeaning * 4) return;
  found.open = nearest(found.open);
}

const nearest = (open: Found['open']) => open.toSorted((a, b) => b.score - a.score).slice(0, mostByMeaning);

/** Decides what words have left open: by vectors where the model knows the language, else as words alone would. */
async function compareMeanings(ctx: Pick<AppContext, 'embedder'>, subject: DuplicateSubject, found: Found) {
  const { language } = subject;
  const open = nearest(found.open);
  const pairs = open.map(({ candidate }) => [textOf(subject, isOwn(candidate)), candidate.text] as const);
  const texts = [...new Set(pairs.flat())];
  const vectors = ctx.embedder.supports(language ?? 'en') ? await ctx.embedder.embed(texts) : null;
  const vectorOf = (text: string) => vectors?.[texts.indexOf(text)] ?? null;
  for (const [index, { candidate }] of open.entries()) {
    const [mine = '', theirs = ''] = pairs[index] ?? [];
    const [a, b] = [vectorOf(mine), vectorOf(theirs)];
    const as = language ?? candidate.language;
    const comparison = compareRead(readTopic(mine, as), readTopic(theirs, as), a && b ? cosine(a, b) : null);
    if (comparison.duplicate) keepBest(found, { candidate, ...comparison });
  }
}

const isOwn = ({ kind }: Candidate) => kind === 'article' || kind === 'pipeline';

/** Search terms are compared with those of articles; posts and topics are known by their titles. */
function textOf({ topic, keyword }: DuplicateSubject, keywords: boolean): string {
  return keywords ? withKeyword(topic, keyword) : topic;
}

function named({ candidate: { kind, id, title, url, siteName }, reason }: Match): Duplicate {
  return { kind, id, title, ...(url === undefined ? {} : { url }), ...(siteName ? { siteName } : {}), reason };
}

/** Gives the thread away when it was held for long enough. */
export function breaks(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < holdMs) return;
    await nextTurn();
    since = performance.now();
  };
}

/** What a near-duplicate is called in messages. */
export function nameOfDuplicate({ kind, title, url, siteName }: Duplicate): string {
  if (kind === 'post') return `the post "${title}" on ${siteName}, ${url}`;
  if (kind === 'topic') return `the topic "${title}" of your backlog`;
  return `"${title}"`;
}
