import { inArray } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { breaks } from '../pipeline/1-topic/duplicates.ts';
import { TitleIndex } from '../pipeline/1-topic/title-index.ts';
import { type DuplicateLook, lookForDuplicates, usualLanguage } from '../topics/duplicates.ts';
import { type Topic, type TopicEvidence, topics } from '../topics/schema.ts';
import { entriesOfOthers, headingsOfSources, type Mention, subjectsOfDeadLinks } from './gap-queries.ts';
import { keepProposals, type Proposal, storeProposals } from './propose.ts';
import { partiesOf } from './score.ts';

/** What was found, and what is in the backlog already. */
export interface FoundGaps {
  added: Topic[];
  known: string[];
  looked: { entries: number; headings: number; deadLinks: number };
  message: string | null;
}

/** Gaps that were found; `store` proposes them in the caller's transaction. */
export interface GapSearch {
  store(tx: Db): Promise<FoundGaps>;
}

/** Proposals of one search. */
const mostGaps = 20;
/** Subjects that are compared with the account; those with the most parties. */
const mostCompared = 400;
/** So many independent parties make a subject of a watched entry, or of a heading, which is said more lightly. */
const partiesOfEntries = 2;
const partiesOfHeadings = 3;

/**
 * Looks for subjects that others treat and the account does not, in what it has already: entries of watched sources that
 * several parties have, headings that several of its stored sources have, and posts that were there once and that its
 * articles still link to. Costs nothing and asks nobody. Takes up to seconds: call it outside of transactions.
 */
export async function findGaps(
  ctx: Pick<AppContext, 'db' | 'embedder' | 'now'>,
  userId: string,
  siteId: string | null,
): Promise<GapSearch> {
  const { db } = ctx;
  const entries = await entriesOfOthers(db, userId, siteId);
  const headings = await headingsOfSources(db, userId);
  const deadLinks = await subjectsOfDeadLinks(db, userId, siteId);
  const usual = await usualLanguage(db, userId);
  const proposals = [
    ...deadLinks,
    ...(await groups(entries, usual, partiesOfEntries)),
    ...(await groups(headings, usual, partiesOfHeadings)),
  ]
    .slice(0, mostCompared)
    .map((group): Proposal => ({ ...group, siteId }));
  const look = await lookForDuplicates(ctx, userId, proposals, { all: true });
  const looked = { entries: entries.length, headings: headings.length, deadLinks: deadLinks.length };
  return { store: (tx) => store(ctx, tx, userId, proposals, look, looked) };
}

async function store(
  ctx: Pick<AppContext, 'now'>,
  tx: Db,
  userId: string,
  proposals: Proposal[],
  look: DuplicateLook,
  looked: FoundGaps['looked'],
): Promise<FoundGaps> {
  const isTopic = (index: number) => look.duplicates[index]?.kind === 'topic';
  const known = proposals.flatMap(({ topic }, index) => (isTopic(index) ? [topic] : []));
  const chosen = proposals
    .flatMap((proposal, index) => (look.duplicates[index] ? [] : [{ proposal, index }]))
    .slice(0, mostGaps);
  const part = <T>(list: T[]) => chosen.map(({ index }) => list[index] as T);
  const proposed = await storeProposals(
    tx,
    userId,
    chosen.map(({ proposal }) => proposal),
    { ...look, duplicates: part(look.duplicates), familiarities: part(look.familiarities) },
    'gap',
  );
  await keepProposals(tx, userId, ctx.now());
  const ids = proposed.flatMap(({ outcome, topicId }) => (outcome === 'new' && topicId ? [topicId] : []));
  const rows = ids.length > 0 ? await tx.select().from(topics).where(inArray(topics.id, ids)) : [];
  const added = rows.sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
  return { added, known, looked, message: added.length > 0 ? null : whyNone(looked, known.length) };
}

function whyNone({ entries, headings, deadLinks }: FoundGaps['looked'], known: number): string {
  if (entries + headings + deadLinks === 0) {
    return 'There is nothing to find gaps in yet: watch feeds or sites of others, or write articles, whose sources are looked through.';
  }
  if (known > 0) {
    return `Nothing new: the ${known} gap${known === 1 ? '' : 's'} found ${known === 1 ? 'is' : 'are'} in your backlog already, or ${known === 1 ? 'was' : 'were'} dismissed.`;
  }
  return `No gap was found: ${entries} posts of watched sources, ${headings} headings of your sources and ${deadLinks} dead links were looked through, and you have written about what several of them treat.`;
}

interface Group {
  topic: string;
  evidence: TopicEvidence[];
}

/** Subjects that at least `least` parties mention, those with the most first; named as their first mention is. */
async function groups(mentions: Mention[], usual: string | null, least: number): Promise<Group[]> {
  const rest = breaks();
  const index = new TitleIndex(usual);
  const found: Group[] = [];
  for (const { title, evidence } of mentions) {
    let group: Group | undefined;
    index.compare({ text: title, language: null }, (number, { duplicate }) => {
      if (duplicate) group ??= found[number];
    });
    if (group) group.evidence.push(evidence);
    else {
      found.push({ topic: title, evidence: [evidence] });
      index.add({ text: title, language: null });
    }
    await rest();
  }
  return found
    .map((group) => ({ ...group, parties: partiesOf(group.evidence) }))
    .filter(({ parties }) => parties >= least)
    .sort((a, b) => b.parties - a.parties)
    .map(({ topic, evidence }) => ({ topic, evidence }));
}
