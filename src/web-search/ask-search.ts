import { z } from 'zod';
import { type CallPlan, findAnswer, release } from '../budget/ledger.ts';
import { reserveInTurn, settleCall } from '../budget/metered.ts';
import type { SearchProviderName } from '../config.ts';
import type { AppContext } from '../context.ts';
import { digest } from '../digest.ts';
import { AppError, toStoredError } from '../errors.ts';
import { callNotBilled } from '../events.ts';
import { isKept, noteRefusal, noteUse } from '../provider-keys/own-keys.ts';
import { allPrintable } from '../storable.ts';
import { SearchError, type SearchProvider, type SearchResult } from './provider.ts';
import { searchersOf, searchPrice } from './searchers.ts';

/** Whose search it is, and what fences it. */
export interface SearchOwner {
  pipeline: { id: string; userId: string; lease: number };
  step: string;
  /** Grows when the step is redone on purpose, so that it is then searched anew. */
  generation: number;
  signal: AbortSignal;
  /** Makes sure, right before a request, that the lease is still the owner's. Throws `lease_lost`. */
  assureLease(): Promise<void>;
  /** Tells the watching user what happens. */
  log(message: string): Promise<void>;
}

/** What is searched for. */
export interface SearchQuestion {
  query: string;
  /** ISO 639-1, or null for any. */
  language: string | null;
  /** Only pages of these domains are wanted; empty for all. */
  domains: readonly string[];
}

/** What a search found, and what stood in its way. */
export interface SearchAnswer {
  results: SearchResult[];
  /** Who answered, for people. */
  provider: string;
  /** Providers that were asked before and failed. */
  failures: SearchError[];
}

/** Results asked of each query. */
const count = 15;
/** Goes up when the meaning of a request or of its stored results changes. */
const version = 1;
const stored = z.array(
  z.object({ url: z.string(), title: z.string(), snippet: z.string(), publishedAt: z.string().nullable() }),
);

/**
 * Searches with the first provider that answers. The same question of the same pipeline is answered from the ledger,
 * whichever provider had answered it: after a crash nothing is paid twice. Before a request its price is reserved;
 * afterwards it is settled, or given back when it certainly was not billed. A provider that refuses (bad key, used up,
 * misconfigured), and not only this query, is put into `refused` and not asked again by the same caller.
 *
 * Throws `budget_exceeded` (nothing sent), `lease_lost`, and when no provider answered `search_unavailable` (try later:
 * at least one may answer then) or `search_rejected`.
 */
export async function askSearch(
  ctx: Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'webSearch' | 'log' | 'telemetry'>,
  owner: SearchOwner,
  question: SearchQuestion,
  refused: Set<SearchProviderName>,
): Promise<SearchAnswer> {
  const providers = await searchersOf(ctx, owner.pipeline.userId);
  // Whoever had been asked before the user changed their keys: what was paid is paid.
  for (const provider of [...providers, ...ctx.webSearch.providers]) {
    const paid = await findAnswer(ctx.db, owner.pipeline.id, requestDigest(provider, owner, question));
    if (paid) return { results: stored.parse(paid.output), provider: provider.title, failures: [] };
  }
  const failures: SearchError[] = [];
  for (const provider of providers) {
    if (refused.has(provider.name)) continue;
    try {
      return { results: await attempt(ctx, owner, provider, question), provider: provider.title, failures };
    } catch (error) {
      if (!(error instanceof SearchError)) throw error;
      ctx.log.warn({ pipelineId: owner.pipeline.id, provider: provider.name, err: error }, 'search failed');
      if (!error.retryable && !error.ofRequest) refused.add(provider.name);
      failures.push(error);
    }
  }
  throw allFailed(failures);
}

function requestDigest(provider: SearchProvider, owner: SearchOwner, question: SearchQuestion): string {
  return digest({ search: provider.name, version, generation: owner.generation, count, ...question });
}

async function attempt(
  ctx: Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'log' | 'telemetry'>,
  owner: SearchOwner,
  provider: SearchProvider,
  question: SearchQuestion,
): Promise<SearchResult[]> {
  const { ownKey } = provider;
  const priceMicroUsd = await searchPrice(ctx.db, provider);
  owner.signal.throwIfAborted();
  const plan: CallPlan = {
    kind: 'search',
    payer: ownKey ? 'user' : 'instance',
    userId: owner.pipeline.userId,
    pipelineId: owner.pipeline.id,
    lease: owner.pipeline.lease,
    step: owner.step,
    task: 'search',
    promptVersion: null,
    requestDigest: requestDigest(provider, owner, question),
    provider: provider.name,
    model: provider.name,
    pricedAs: null,
    unitPrices: { requestMicroUsd: priceMicroUsd },
    worstCaseMicroUsd: priceMicroUsd,
  };
  const callId = await reserveInTurn(ctx, plan, owner);
  if (ownKey && !(await isKept(ctx.db, ownKey))) {
    const error = keyGone(provider);
    await release(ctx.db, callId, toStoredError(error));
    throw error;
  }
  let results: SearchResult[];
  let sent = false;
  const ready = async () => {
    // A provider that is asked once more has billed nothing before.
    sent = false;
    await owner.assureLease();
    sent = true;
  };
  try {
    const { language, domains } = question;
    results = allPrintable(
      await provider.search(question.query, { language, domains, count, signal: owner.signal, ready }),
    );
  } catch (thrown) {
    const error = await ofOwnKey(ctx, provider, thrown);
    const certainlyFree = !sent || (error instanceof SearchError && !error.billed);
    if (certainlyFree) await release(ctx.db, callId, toStoredError(error));
    else await settleCall(ctx, callId, { usage: null, costMicroUsd: null, error: toStoredError(error) });
    if (certainlyFree) callNotBilled(ctx, provider.name, 'search');
    owner.signal.throwIfAborted();
    throw error;
  }
  await settleCall(ctx, callId, { usage: null, costMicroUsd: priceMicroUsd, output: results });
  if (ownKey) await noteUse(ctx.db, ownKey);
  return results;
}

/** A user's key that went while the search waited for its turn: a moment later it is asked with what is there then. */
function keyGone({ title }: SearchProvider): SearchError {
  return new SearchError('search_unavailable', `Your own key for ${title} was replaced or deleted meanwhile.`, {
    billed: false,
    retryAt: new Date(),
  });
}

/** A failure as it is told: where it is about a user's own key, its owner hears which one, and the key's row is marked. */
async function ofOwnKey(ctx: Pick<AppContext, 'db'>, { ownKey }: SearchProvider, thrown: unknown): Promise<unknown> {
  if (!ownKey || !(thrown instanceof SearchError) || thrown.trouble === null) return thrown;
  const { billed, trouble } = thrown;
  const { message, hint } = await noteRefusal(ctx.db, ownKey, trouble);
  return new SearchError('search_rejected', message, { billed, trouble, hint });
}

/** One error for all: retryable when any of them is, at the earliest time that one of them named. */
function allFailed(failures: SearchError[]): AppError {
  const passing = failures.filter((failure) => failure.retryable);
  const [first] = passing.length > 0 ? passing : failures;
  // Without a failure every provider had refused an earlier query of the same caller.
  const message = failures.map((failure) => failure.message).join(' ') || 'No search provider can be asked.';
  const hint = first?.hint;
  const times = passing.flatMap(({ retryAt }) => (retryAt ? [retryAt.getTime()] : []));
  return new AppError(passing.length > 0 ? 'search_unavailable' : 'search_rejected', message, {
    ...(hint ? { hint } : {}),
    ...(times.length === passing.length && times.length > 0 ? { retryAt: new Date(Math.min(...times)) } : {}),
  });
}
