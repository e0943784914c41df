import { sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';
import { topicTerms } from '../pipeline/1-topic/topic-terms.ts';
import { addressKey, keysOf } from '../site-posts/addresses.ts';
import { oneLine } from '../storable.ts';
import { topicRequest } from '../topics/present.ts';
import type { TopicEvidence } from '../topics/schema.ts';

/** That somebody treats a subject. */
export interface Mention {
  title: string;
  evidence: TopicEvidence;
}

const mostEntries = 5_000;
const mostHeadings = 10_000;
const mostDeadLinks = 500;
/** Older ones say little about what is missing now. */
const entriesOfDays = 365;
/** A heading of fewer terms ("Conclusion", "What you need") is no subject. */
const leastTerms = 2;

interface Row {
  title: string;
  url: string;
  published_at: string | Date | null;
}

const isTopic = (title: string) => topicRequest.shape.topic.safeParse(title).success;
const isoOf = (time: string | Date | null) => (time === null ? null : new Date(time).toISOString());

/** Entries of watched sources that are no proposals at present, the newest first. */
export async function entriesOfOthers(db: Db, userId: string, siteId: string | null): Promise<Mention[]> {
  const rows = await queryRows<Row>(
    db,
    sql`select watched_entries.title, watched_entries.url, published_at from watched_entries
        join watched_sources on watched_sources.id = source_id
        where watched_entries.user_id = ${userId} and topic_id is null and watched_entries.title <> ''
          and watched_entries.url is not null and outcome in ('old', 'proposed')
          and coalesce(published_at, seen_at) > now() - ${`${entriesOfDays} days`}::interval
          and (${siteId}::uuid is null or site_id is null or site_id = ${siteId}::uuid)
        order by coalesce(published_at, seen_at) desc, watched_entries.id limit ${mostEntries}`,
  );
  return rows
    .filter(({ title }) => isTopic(title))
    .map(({ title, url, published_at }) => ({ title, evidence: { title, url, publishedAt: isoOf(published_at) } }));
}

/** Headings of the pages that the account's articles were written from, each of a source once. */
export async function headingsOfSources(db: Db, userId: string): Promise<Mention[]> {
  const rows = await queryRows<Row & { heading: string }>(
    db,
    sql`select distinct on (fetched_at, source_id, lower(heading)) heading, title, url, published_at
        from passages join sources on sources.id = source_id
        where passages.user_id = ${userId} and heading is not null and length(heading) between 8 and 120 and url is not null
          and deleted_at is null
        order by fetched_at desc, source_id, lower(heading) limit ${mostHeadings}`,
  );
  return rows
    .map((row) => ({ ...row, heading: oneLine(row.heading).replace(/^\d+[.)]\s+/, '') }))
    .filter(({ heading }) => isTopic(heading) && topicTerms(heading, null).terms.length >= leastTerms)
    .map(({ heading, title, url, published_at }) => ({
      title: heading,
      evidence: { title: title.slice(0, 300), url, publishedAt: isoOf(published_at) },
    }));
}

/** What posts were about that are gone, and that articles of the account still link to. */
export async function subjectsOfDeadLinks(
  db: Db,
  userId: string,
  siteId: string | null,
): Promise<{ topic: string; evidence: TopicEvidence[] }[]> {
  const links = await queryRows<{ url: string; title: string }>(
    db,
    sql`select url, title from dead_links join articles on articles.id = article_id
        where dead_links.user_id = ${userId} and moved_to is null and deleted_at is null
          and (${siteId}::uuid is null or site_id = ${siteId}::uuid) order by url, article_id limit ${mostDeadLinks}`,
  );
  if (links.length === 0) return [];
  const gone = await queryRows<{ url: string; title: string; gone_at: string | Date }>(
    db,
    sql`select url, title, gone_at from site_posts where user_id = ${userId} and gone_at is not null and title <> ''
          and site_id in (select site_id from dead_links where user_id = ${userId}) limit 20000`,
  );
  const byKey = new Map(gone.map((post) => [addressKey(post.url), post]));
  const subjects = new Map<string, { topic: string; evidence: TopicEvidence[] }>();
  for (const { url, title } of links) {
    const post = keysOf(url).flatMap((key) => byKey.get(key) ?? [])[0];
    if (!post || !isTopic(post.title)) continue;
    const subject = subjects.get(post.url) ?? { topic: oneLine(post.title), evidence: [] };
    subjects.set(post.url, subject);
    const said = `Gone, and your article "${title}" links to it`;
    subject.evidence.push({ title: said.slice(0, 300), url, publishedAt: isoOf(post.gone_at) });
  }
  return [...subjects.values()];
}
