import { setTimeout as sleep } from 'node:timers/promises';
import { and, desc, eq, inArray, or } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { type Entry, isPageOf } from '../knowledge/choose-entries.ts';
import { fetchPage } from '../knowledge/fetch-page.ts';
import type { GatherContext } from '../knowledge/gathering.ts';
import { oneLine } from '../storable.ts';
import { topicRequest } from '../topics/present.ts';
import { sameness } from '../topics/topics.ts';
import { canonicalAddress } from './address.ts';
import { type WatchedEntry, type WatchedSource, watchedEntries } from './schema.ts';

/** An entry as it will be stored; `stored` says whether it waits in the table already. */
export type NewEntry = Omit<WatchedEntry, 'userId' | 'sourceId' | 'seenAt'> & { stored: boolean };

/** Entries that are considered: the newest of a first reading, and of a later one. The others are only remembered. */
const mostAtFirst = 20;
const mostLater = 50;
/** What was published longer ago is no news, in days. */
const newsDays = 90;
/** Pages of one reading that are fetched for their titles: sitemaps name addresses only. */
const mostPages = 10;
/** Of a title; longer ones are cut by feeds themselves. */
const maxTitle = 300;

/**
 * The entries of a listing that this source has not shown before, by address and by title: a feed that repeats itself, or
 * gives everything new ids, shows nothing new. Those that are not considered are `old`, those without a title `waiting`.
 */
export async function newEntries(db: Db, source: WatchedSource, listed: Entry[], now: Date): Promise<NewEntry[]> {
  const seen = new Set<string>();
  const candidates = listed.flatMap((entry) => {
    const one = toEntry(entry, source, now);
    const keys = keysOf(one);
    if (keys.length === 0 || keys.some((key) => seen.has(key))) return [];
    for (const key of keys) seen.add(key);
    return [one];
  });
  const known = await knownKeys(db, source.id, candidates);
  const fresh = candidates.filter((one) => !keysOf(one).some((key) => known.has(key)));
  const oldest = now.getTime() - newsDays * 86_400_000;
  const considered = fresh
    .filter(({ publishedAt }) => publishedAt === null || publishedAt.getTime() >= oldest)
    .slice(0, source.lastReadAt === null ? mostAtFirst : mostLater);
  for (const one of considered) one.outcome = one.title === '' ? 'waiting' : 'known';
  return fresh;
}

function toEntry(entry: Entry, source: WatchedSource, now: Date): NewEntry {
  const title = cleanTitle(entry.title, source);
  const date = entry.publishedAt === null ? null : new Date(entry.publishedAt);
  return {
    id: newId(),
    stored: false,
    url: entry.url?.slice(0, 2000) ?? null,
    addressKey: entry.url === null ? null : canonicalAddress(entry.url),
    title,
    sameness: title === '' ? '' : sameness(title),
    // A clock that is ahead, or a post that is announced, is not newer than now.
    publishedAt: date === null || Number.isNaN(date.getTime()) ? null : date > now ? now : date,
    outcome: 'old',
    topicId: null,
  };
}

/** On one line, without the name of the site that pages put behind their titles. */
function cleanTitle(title: string, { name, url }: Pick<WatchedSource, 'name' | 'url'>): string {
  const line = oneLine(title).slice(0, maxTitle);
  const [, front, back] = /^(.+)\s[|–—·»-]\s([^|–—·»]+)$/u.exec(line) ?? [];
  if (front === undefined || back === undefined) return line;
  const site = sameness(back).replaceAll(' ', '');
  const host = (URL.parse(url)?.host ?? '').replace(/[^\p{L}\p{N}]/gu, '');
  return site === sameness(name).replaceAll(' ', '') || (site.length > 2 && host.includes(site)) ? front.trim() : line;
}

const keysOf = ({ addressKey, sameness: same }: Pick<NewEntry, 'addressKey' | 'sameness'>) => [
  ...(addressKey === null ? [] : [`at ${addressKey}`]),
  ...(same === '' ? [] : [`title ${same}`]),
];

async function knownKeys(db: Db, sourceId: string, entries: NewEntry[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (let at = 0; at < entries.length; at += 500) {
    const part = entries.slice(at, at + 500);
    const addresses = part.flatMap(({ addressKey }) => addressKey ?? []);
    const titles = part.flatMap((entry) => entry.sameness || []);
    const rows = await db
      .select({ addressKey: watchedEntries.addressKey, sameness: watchedEntries.sameness })
      .from(watchedEntries)
      .where(
        and(
          eq(watchedEntries.sourceId, sourceId),
          or(
            addresses.length > 0 ? inArray(watchedEntries.addressKey, addresses) : undefined,
            titles.length > 0 ? inArray(watchedEntries.sameness, titles) : undefined,
          ),
        ),
      );
    for (const row of rows) for (const key of keysOf(row)) known.add(key);
  }
  return known;
}

/** Entries of earlier readings whose titles are still to be read, the newest first. */
export async function entriesWaiting(db: Db, sourceId: string): Promise<NewEntry[]> {
  const rows = await db
    .select()
    .from(watchedEntries)
    .where(and(eq(watchedEntries.sourceId, sourceId), eq(watchedEntries.outcome, 'waiting')))
    .orderBy(desc(watchedEntries.publishedAt), desc(watchedEntries.id))
    .limit(mostPages);
  return rows.map((row) => ({ ...row, stored: true }));
}

/**
 * Reads the titles of entries that have none from their pages, a few at a time; of a page that cannot be had its address
 * says what it is about. The others go on waiting. Only the title of a page is kept.
 */
export async function nameEntries(
  ctx: GatherContext & Pick<AppContext, 'db'>,
  source: WatchedSource,
  entries: NewEntry[],
  { signal, pauseMs }: { signal: AbortSignal; pauseMs: number },
): Promise<void> {
  const nameless = entries.filter(({ outcome }) => outcome === 'waiting').slice(0, mostPages);
  for (const [index, entry] of nameless.entries()) {
    if (index > 0) await sleep(pauseMs, undefined, { signal });
    entry.title = cleanTitle(await titleOf(ctx, source, entry, signal), source);
    entry.outcome = 'known';
  }
  const known = await knownKeys(
    ctx.db,
    source.id,
    nameless.map((entry) => ({ ...entry, addressKey: null, sameness: sameness(entry.title) })),
  );
  for (const entry of nameless) {
    const same = entry.title === '' ? '' : sameness(entry.title);
    const twice = known.has(`title ${same}`) || entries.some((other) => other !== entry && other.sameness === same);
    // One title stands in the table once; what has it as well is no news.
    if (same === '' || twice) entry.outcome = 'old';
    else entry.sameness = same;
  }
}

async function titleOf(
  ctx: GatherContext,
  source: WatchedSource,
  { url }: NewEntry,
  signal: AbortSignal,
): Promise<string> {
  if (url === null || !isPageOf(url, source.url)) return '';
  try {
    const page = await fetchPage(ctx, url, signal);
    const { title } = await ctx.extractor.extract({
      content: page.body,
      contentType: page.contentType,
      url: page.url,
    });
    if (title) return title;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError) || ['shutting_down', 'lease_lost'].includes(error.code)) throw error;
    ctx.log.debug({ code: error.code, reason: error.message }, 'the title of an entry could not be read');
  }
  return wordsOfAddress(url);
}

/** "how to feed a starter" of ".../how-to-feed-a-starter/"; empty where an address says too little. */
function wordsOfAddress(url: string): string {
  const last = new URL(url).pathname.split('/').findLast(Boolean) ?? '';
  const words = last
    .replace(/\.\w{1,5}$/, '')
    .split(/[-_+]+/)
    .filter((word) => /\p{L}{2}/u.test(word));
  return words.length < 3 ? '' : words.join(' ');
}

/** Whether an entry can be a topic: considered, and saying something. */
export function canBeTopic({ outcome, title }: NewEntry): boolean {
  return outcome === 'known' && topicRequest.shape.topic.safeParse(title).success;
}
