import { getDomain } from 'tldts';
import type { TopicEvidence } from '../topics/schema.ts';

/** What a proposal is judged by. */
export interface ScoredProposal {
  evidence: TopicEvidence[];
  /** How much of it the account writes about already, 0 to 1; null where it has nothing to tell by. */
  familiarity: number | null;
  /** When it was first proposed: how old evidence without a date counts. */
  since: Date;
}

const dayMs = 86_400_000;
/** After so many days what is new is half as new. */
const halfLifeDays = 14;
/** For one, two, three and more parties: the second says most. */
const byParties = [0, 10, 25, 35, 40];

/**
 * 0 to 100, the sum of three parts that can be told to a person (decision 15):
 * - recency, up to 40: 40 * 0.5^(days / 14), where days is the age of the newest evidence;
 * - parties, up to 40: 10, 25, 35, 40 for one, two, three, and more registrable domains that report it;
 * - closeness, up to 20: 20 * the share of its terms that titles of the account name; 10 for an account without any.
 */
export function proposalScore({ evidence, familiarity, since }: ScoredProposal, now: Date): number {
  const dates = evidence.map(({ publishedAt }) => (publishedAt === null ? since.getTime() : Date.parse(publishedAt)));
  const newest = Math.min(now.getTime(), Math.max(...dates, 0));
  const recency = 40 * 0.5 ** ((now.getTime() - newest) / dayMs / halfLifeDays);
  const parties = byParties[Math.min(partiesOf(evidence), byParties.length - 1)] ?? 0;
  const closeness = 20 * (familiarity ?? 0.5);
  return Math.round((recency + parties + closeness) * 10) / 10;
}

/** How many independent parties stand behind the evidence: registrable domains, hosts where there is none. */
export function partiesOf(evidence: Pick<TopicEvidence, 'url'>[]): number {
  return new Set(evidence.map(({ url }) => partyOf(url))).size;
}

/** Who publishes at an address, as far as its name tells. */
export function partyOf(url: string): string {
  const host = URL.parse(url)?.host ?? url;
  return getDomain(host.replace(/:\d+$/, ''), { allowPrivateDomains: true }) ?? host;
}
