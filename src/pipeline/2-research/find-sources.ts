import type { SearchProviderName } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { gatherSource, type SourceProblem } from '../../knowledge/gather.ts';
import type { Source } from '../../knowledge/schema.ts';
import { type ReadDocument, storeDocument } from '../../knowledge/store.ts';
import { listSiteUrls } from '../../sites/queries.ts';
import { contentTerms } from '../../text/terms.ts';
import { countWords } from '../../text/words.ts';
import { hostOf, parseDomain, partyOf } from '../../web-search/domains.ts';
import { chooseQueries } from '../../web-search/queries.ts';
import { maxPerParty, type ResultList, rankResults } from '../../web-search/rank.ts';
import { searchersOf } from '../../web-search/searchers.ts';
import { refusal, type SiteRules } from '../../web-search/site-rules.ts';
import type { TopicOutput } from '../1-topic/step.ts';
import type { Brief } from '../brief.ts';
import type { StepContext } from '../define-step.ts';

/** Enough to write from: this many sources, and this many words or twice those of the longest article asked for. */
const enoughSources = 5;
const enoughWords = 1_500;
/** Pages that are tried at most; each may take 20 seconds to fail. */
const maxTries = 12;
/** A found page with fewer words is a stub, a log-in or a consent wall, whatever its status said. */
const minWordsOfPage = 80;
/** Documents that one found address may lead to: a found feed is still one voice. */
const maxDocuments = 2;
/** Lists of domains up to this length are passed on to the provider; a query has no room for more. */
const maxWishedDomains = 5;

/** Nobody asked for just this page: there is nothing to mend, and a way to have it all the same. */
const foundHint = 'If you want it all the same, name it as a source yourself.';

/** What the search brought. */
export interface FoundSources {
  found: { source: Source; query: string }[];
  problems: SourceProblem[];
  queries: string[];
  /** Distinct pages that the search named, and how many of them were tried. */
  pages: number;
  tried: number;
}

/**
 * Looks for sources on the web and reads them in the order of their rank until there are enough. Pages that cannot be
 * used are problems, not ends. Throws `search_unavailable` or `search_rejected` when no query at all was answered, and
 * `budget_exceeded` before a request that does not fit the budget.
 * @param progress how far the whole search is, 0..1
 */
export async function findSources(
  context: StepContext,
  topic: TopicOutput,
  given: readonly Source[],
  progress: (fraction: number) => Promise<void>,
): Promise<FoundSources> {
  const { brief, app, pipeline } = context;
  const rules = await rulesOf(context);
  const queries = chooseQueries(brief.topic, topic.keyword, topic.queries ?? []);
  const lists = await searchAll(context, queries, language(brief, topic), rules, (done) => progress(done * 0.3));
  const { candidates, skipped } = rankResults(lists, {
    about: `${brief.topic} ${topic.keyword}`,
    language: language(brief, topic),
    now: app.now(),
    rules,
    known: [
      ...brief.sources.flatMap((source) => ('url' in source ? [source.url] : [])),
      ...given.flatMap(({ url }) => url ?? []),
    ],
  });
  const pages = candidates.length + skipped.length;
  await context.log(`The search named ${count(pages, 'page')}; ${candidates.length} may be worth reading.`);
  for (const { url, reason } of skipped.slice(0, 10)) await context.log(`Left out: ${url}, because ${reason}.`);
  if (skipped.length > 10) await context.log(`Left out: ${skipped.length - 10} more for such reasons.`);

  const result: FoundSources = { found: [], problems: [], queries, pages, tried: 0 };
  const known = new Set(given.map((source) => source.id));
  const parties = new Map<string, number>();
  const isEnough = () => {
    const sources = [...given, ...result.found.map(({ source }) => source)];
    const words = sources.reduce((sum, source) => sum + source.wordCount, 0);
    return sources.length >= enoughSources && words >= Math.max(enoughWords, brief.words.max * 2);
  };
  for (const candidate of candidates.slice(0, maxTries)) {
    if (isEnough()) break;
    context.signal.throwIfAborted();
    result.tried++;
    await context.log(`Reading ${candidate.url}.`);
    const gathered = await gatherSource(app, { url: candidate.url }, context.signal);
    const problems = gathered.documents.length === 0 ? [...gathered.problems] : [];
    for (const read of gathered.documents.slice(0, maxDocuments)) {
      const party = partyOf(hostOf(read.url ?? candidate.url) ?? candidate.url);
      const reason =
        objection(read, topic, brief, rules) ??
        ((parties.get(party) ?? 0) >= maxPerParty ? `There are ${maxPerParty} pages of ${party} already.` : null);
      if (reason) {
        problems.push({
          source: read.url ?? candidate.url,
          code: 'extraction_failed',
          message: reason,
          hint: foundHint,
        });
        continue;
      }
      await context.assertLease();
      const source = await storeDocument(app.db, app.embedder, pipeline.userId, read, context.lockLease);
      if (!source || known.has(source.id)) {
        const message = source
          ? 'It says the same as a source that is there already.'
          : 'It holds no text that could be cited.';
        problems.push({ source: candidate.url, code: 'extraction_failed', message, hint: foundHint });
        continue;
      }
      known.add(source.id);
      parties.set(party, (parties.get(party) ?? 0) + 1);
      result.found.push({ source, query: candidate.query });
    }
    for (const problem of problems) await context.log(`Not used: ${problem.source}. ${problem.message}`);
    result.problems.push(...problems);
    await progress(0.3 + 0.7 * Math.max(result.tried / maxTries, result.found.length / enoughSources));
  }
  return result;
}

/** What the article shall be written in, as far as that is known before anything was read. */
const language = (brief: Brief, topic: TopicOutput) => brief.language ?? topic.language;

async function rulesOf({ app, brief, pipeline }: StepContext): Promise<SiteRules> {
  const domains = (names: readonly string[] = []) => names.flatMap((name) => parseDomain(name) ?? []);
  const sites = await listSiteUrls(app.db, pipeline.userId);
  return {
    allow: [app.webSearch.allow, domains(brief.search?.allow)],
    deny: [...app.webSearch.deny, ...domains(brief.search?.deny)],
    own: sites.flatMap((url) => hostOf(url)?.replace(/^www\./, '') ?? []),
  };
}

async function searchAll(
  context: StepContext,
  queries: readonly string[],
  language: string | null,
  rules: SiteRules,
  progress: (fraction: number) => Promise<void>,
): Promise<ResultList[]> {
  const lists: ResultList[] = [];
  const refused = new Set<SearchProviderName>();
  const failures: AppError[] = [];
  // The narrowest list is the wish; the others are looked at when the results are there.
  const [narrowest] = rules.allow.filter((list) => list.length > 0).sort((a, b) => a.length - b.length);
  const domains = narrowest && narrowest.length <= maxWishedDomains ? [...narrowest] : [];
  for (const [index, query] of queries.entries()) {
    await context.log(`Searching for "${query}".`);
    try {
      const answer = await context.search({ query, language, domains }, refused);
      for (const failure of answer.failures) await context.log(failure.message);
      await context.log(`${answer.provider} found ${count(answer.results.length, 'page')}.`);
      lists.push({ query, results: answer.results });
    } catch (error) {
      if (!isSearchFailure(error)) throw error;
      await context.log(error.message);
      failures.push(error);
      // Who is down, or refuses altogether, will not do better with the next query a moment later.
      const searchers = await searchersOf(context.app, context.pipeline.userId);
      if (error.retryable || refused.size >= searchers.length) break;
    }
    await progress((index + 1) / queries.length);
  }
  const failure = failures.find((error) => error.retryable) ?? failures[0];
  if (lists.length === 0 && failure) throw failure;
  return lists;
}

/** Whether no search provider could answer, now (`search_unavailable`) or until someone mends it (`search_rejected`). */
export function isSearchFailure(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'search_unavailable' || error.code === 'search_rejected');
}

/** Why a found page that could be read is no source all the same; null when nothing speaks against it. */
function objection(read: ReadDocument, topic: TopicOutput, brief: Brief, rules: SiteRules): string | null {
  // Redirects and canonical addresses may lead to where a result could not.
  const refused = read.url ? refusal(read.url, rules) : null;
  if (refused) return `It led to ${read.url}, and ${refused}.`;
  const text = read.document.blocks.map((block) => block.text).join('\n');
  const words = countWords(text);
  if (words < minWordsOfPage) return `It holds only ${words} words of text.`;
  const wanted = language(brief, topic);
  if (wanted && read.language && read.language !== wanted) {
    return `It is written in another language (${read.language}) than the article (${wanted}).`;
  }
  const about = contentTerms(`${brief.topic} ${topic.keyword}`, wanted);
  const all = `${read.document.title}\n${text}`.normalize('NFKC').toLowerCase();
  // Beginnings of words: what no stemmer knows still bends at its end.
  if (about.length > 0 && !about.some((term) => all.includes(term.slice(0, 5))))
    return 'It does not speak of the topic.';
  return null;
}

/** What to add when there is nobody to ask for sources. */
export const noProviderHint =
  'Add sources to the brief: pages, feeds, files or pasted text. Or let blog-poster look for them: enter a key of your own for Brave or Tavily (under Own keys), or have the operator set SEARCH_URL (a SearXNG instance), BRAVE_API_KEY or TAVILY_API_KEY and start it again.';

/** What came of a search that brought too little, for people. */
export function explainSearch(search: FoundSources): string {
  const asked = search.queries.map((query) => `"${query}"`).join(', ');
  if (search.pages === 0) return `The search for ${asked} found no pages.`;
  if (search.tried === 0)
    return `The search for ${asked} named ${count(search.pages, 'page')}, none of which may be used.`;
  const reasons = search.problems.slice(0, 3).map(({ source, message }) => ` ${source}: ${message}`);
  return `The search for ${asked} named ${count(search.pages, 'page')}; ${search.tried} were tried and ${search.found.length} could be used.${reasons.join('')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
