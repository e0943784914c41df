import { inArray } from 'drizzle-orm';
import type { Article } from '../articles/schema.ts';
import { priceOf, worstPriceOf } from '../budget/prices.ts';
import { type Payer, paidCalls } from '../budget/schema.ts';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { digest } from '../digest.ts';
import { AppError } from '../errors.ts';
import { ask, type CallOwner } from '../llm/ask.ts';
import { priceFor } from '../llm/model-price.ts';
import { accountOf, modelsFor, ownKeyFor } from '../llm/models.ts';
import { renderInput } from '../llm/prompt.ts';
import type { DraftSentence } from '../pipeline/4-draft/step.ts';
import { composeBlock } from '../pipeline/5-check/compose.ts';
import { examine } from '../pipeline/5-check/facts.ts';
import { judgePrompt } from '../pipeline/5-check/prompt.ts';
import { ownKeysOf } from '../provider-keys/own-keys.ts';
import { oneLine } from '../storable.ts';
import { normaliseForMatch } from '../text/match.ts';
import { modelsForWish, planRevision, type RevisionRequest, type RevisionTask } from './revise.ts';
import { type OfferedClaim, offeredRevisions } from './schema.ts';
import { keepPhrases } from './selection.ts';

type Ctx = Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'models' | 'log' | 'telemetry'>;

/** A sentence of an offer that states something. */
export interface CheckedOffer extends OfferedClaim {
  sourceTitle: string | null;
  sourceId: string | null;
}

/** What is offered in place of a selection. */
export interface Offer {
  /** Markdown. */
  text: string;
  claims: CheckedOffer[];
  /** The footnotes of the selection that do not stand in it any more. */
  lostFootnotes: string[];
  /** The model that wrote it. */
  model: string;
  /** What this request cost; nothing where its answers had been paid for before. */
  costMicroUsd: number;
  /** Whether a part of that is what was reserved, because the provider did not say. */
  estimated: boolean;
}

/** Longer than any of its answers should take, with the wait for money that other calls hold back. */
const mostMs = 180_000;

interface UnderWay {
  offer: Promise<Offer>;
  waiting: number;
  abort: AbortController;
}
/** Requests under way in this process: whoever sends the same again waits for the same answer. */
const underWay = new Map<string, UnderWay>();

/**
 * Has a model put a selection otherwise, and holds every sentence of its answer against the passages that it cites. The
 * same request is answered from the ledger and not paid for again, unless `again` counts up.
 *
 * `signal` gives it up: the call is ended when nobody waits for it any more, and what was reserved for it counts.
 *
 * Throws `invalid_state` where only the offline writer could be asked, `invalid_request` for a selection that is not of
 * paragraphs and lists, `budget_exceeded`, `price_unknown` or `model_unknown` (nothing sent), `model_unavailable`,
 * `model_rejected`, `model_refused` or `model_output_invalid`, which an invented citation is as well.
 */
export async function offerRevision(
  ctx: Ctx,
  article: Article,
  request: RevisionRequest,
  chosen: string | undefined,
  signal: AbortSignal,
): Promise<Offer> {
  const chain = modelsForWish(modelsFor(ctx.models, { model: chosen }), request.action);
  const key = digest({ userId: article.userId, articleId: article.id, chain, request });
  const running = underWay.get(key) ?? begin(ctx, article, request, chain, key);
  running.waiting += 1;
  const leave = () => {
    running.waiting -= 1;
    if (running.waiting === 0) running.abort.abort(givenUp());
  };
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  try {
    return await running.offer;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function begin(ctx: Ctx, article: Article, request: RevisionRequest, chain: readonly string[], key: string): UnderWay {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(tooLong()), mostMs);
  const offer = make(ctx, article, request, chain, abort.signal).finally(() => {
    clearTimeout(timer);
    if (underWay.get(key) === running) underWay.delete(key);
  });
  const running: UnderWay = { offer, waiting: 0, abort };
  // Who sends the same after it was given up begins anew.
  abort.signal.addEventListener('abort', () => underWay.get(key) === running && underWay.delete(key));
  underWay.set(key, running);
  return running;
}

/** Ended from here, and not by a provider. */
class GivenUp extends AppError {}

const givenUp = () => new GivenUp('model_unavailable', 'The request was given up.', { hint: 'Send it again.' });
const tooLong = () =>
  new GivenUp('model_unavailable', 'It took longer than three minutes, and was given up.', {
    hint: 'What was reserved for it counts as spent until the provider is known not to bill it. Select less, or try again later.',
  });

/**
 * What a wish is likely to cost, in micro-dollars: `high` is what is held back for it, when its answer is as long as it may
 * be. Throws as {@link offerRevision} does before anything is sent.
 */
export async function estimateRevision(
  ctx: Ctx,
  article: Article,
  request: RevisionRequest,
  chosen: string | undefined,
): Promise<{ low: number; likely: number; high: number; model: string; payer: Payer }> {
  const chain = modelsForWish(modelsFor(ctx.models, { model: chosen }), request.action);
  const { prompt, input, passages } = await planRevision(ctx, article, request);
  const own = await ownKeysOf(ctx, article.userId);
  const [first = 'offline'] = ctx.models.rests.order(chain, (id) => accountOf(id, ownKeyFor(id, own)));
  const model = await ctx.models.withKeys(own).resolve(first);
  const at = new Date();
  const price = await priceFor(ctx, model, at);
  const question = prompt.instructions + renderInput(prompt.task, input);
  const evidence = judgePrompt.instructions + [...passages.values()].map(({ text }) => text).join('');
  const sentences = input.blocks.reduce((sum, block) => sum + block.sentences.length, 0) + 2;
  const tokens = (characters: number) => Math.ceil(characters / charactersPerToken);
  const cost = (inputTokens: number, outputTokens: number) =>
    priceOf(price, { ...noTokens, inputTokens, outputTokens }, at).microUsd;
  // A citation takes about as many tokens again as the sentence that it stands behind.
  const answer = Math.ceil(input.words * tokensPerWord * 3);
  const writing = cost(tokens(question.length), answer + model.thinkingTokens / 4);
  const checking = passages.size === 0 ? 0 : cost(tokens(evidence.length + input.words * 12), sentences * 50);
  const most =
    worstPriceOf(price, Buffer.byteLength(question) + 1_000, prompt.maxOutputTokens(input) + model.thinkingTokens, at)
      .microUsd +
    2 * checking;
  return {
    low: Math.min(writing, cost(tokens(question.length), Math.ceil(answer / 2))),
    likely: writing + checking,
    high: Math.max(most, writing + checking),
    model: model.id,
    payer: model.ownKey ? 'user' : 'instance',
  };
}

/** As the providers' own guides put it. */
const charactersPerToken = 4;
const tokensPerWord = 4 / 3;
const noTokens = { cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };

async function make(
  ctx: Ctx,
  article: Article,
  request: RevisionRequest,
  chain: readonly string[],
  signal: AbortSignal,
): Promise<Offer> {
  const task = await planRevision(ctx, article, request);
  const calls: string[] = [];
  const owner: CallOwner = {
    pipeline: { id: null, lease: null, userId: article.userId, brief: {} },
    step: 'assist',
    generation: request.again ?? 0,
    // What was refused before is asked anew: a person has sent it again.
    failedAt: new Date(),
    signal,
    assureLease: async () => signal.throwIfAborted(),
    log: async (message) => ctx.log.info(message),
    show: () => undefined,
    reserved: (id) => calls.push(id),
  };
  const asked = { ...ctx, models: { ...ctx.models, chain } };
  try {
    const { answer, model } = await ask(asked, owner, task.prompt, task.input);
    const blocks = answer.blocks.map(({ type, sentences }) => ({
      type,
      sentences: sentences
        .map(({ text, citations }) => ({
          text: oneLine(text),
          citations: citations.map(({ ref, quote }) => ({ passageId: task.handles.resolve(ref), quote: quote.trim() })),
        }))
        .filter(({ text }) => text !== ''),
    }));
    const checked = await checkSentences(
      asked,
      owner,
      article,
      task,
      blocks.flatMap(({ sentences }) => sentences),
    );
    const text = compose(task, blocks, checked);
    const claims = [...checked.values()].flatMap((claim) => claim ?? []);
    await keepOffer(ctx, article, request, claims);
    return {
      text,
      claims: claims.map((claim) => describe(claim, task)),
      lostFootnotes: task.selection.labels.filter((label) => !text.includes(`[^${label}]`)),
      model,
      ...(await costOf(ctx, calls)),
    };
  } catch (error) {
    throw inWordsOfAssist(error);
  }
}

/**
 * Every sentence with its verdict, null where there is nothing to prove. What was checked word for word when the article was
 * written holds; the rest is held against its passages by the text alone, and then by a model.
 */
async function checkSentences(
  ctx: Ctx,
  owner: CallOwner,
  article: Article,
  task: RevisionTask,
  sentences: DraftSentence[],
): Promise<Map<DraftSentence, OfferedClaim | null>> {
  const common = `${article.title} \n ${article.keyword}`;
  const cites = task.selection.blocks.some((block) => block.sentences.some(({ claimIds }) => claimIds.length > 0));
  const verdicts = new Map<DraftSentence, OfferedClaim | null>();
  const open: { sentence: DraftSentence; passageId: string; quote: string }[] = [];
  for (const sentence of sentences) {
    const known = knownClaim(task, sentence);
    if (known) {
      verdicts.set(sentence, known);
      continue;
    }
    const finding = examine(sentence, task.passages, task.language, common, cites ? 'section' : 'frame');
    if (finding.kind === 'connective') verdicts.set(sentence, null);
    else if (finding.kind === 'ungrounded') {
      const { reason, passage, quote } = finding;
      const claim = { text: sentence.text, passageId: passage?.id ?? null, quote, reason, judgedBy: null };
      verdicts.set(sentence, { ...claim, verdict: 'unsupported' });
    } else {
      open.push({ sentence, passageId: finding.passage.id, quote: finding.quote });
      // Keeps the order of the text.
      verdicts.set(sentence, null);
    }
  }
  if (open.length === 0) return verdicts;
  const judged = await judge(ctx, owner, task, open);
  open.forEach(({ sentence, passageId, quote }, index) => {
    const { verdict, reason, judgedBy } = judged(index);
    verdicts.set(sentence, { text: sentence.text, passageId, quote, verdict, reason, judgedBy });
  });
  return verdicts;
}

type Judged = (index: number) => Pick<OfferedClaim, 'verdict' | 'reason' | 'judgedBy'>;

async function judge(
  ctx: Ctx,
  owner: CallOwner,
  task: RevisionTask,
  open: { sentence: DraftSentence; quote: string }[],
): Promise<Judged> {
  const textOf = ({ citations }: DraftSentence) =>
    [...new Set(citations.flatMap(({ passageId }) => passageId ?? []))]
      .flatMap((id) => task.passages.get(id)?.text ?? [])
      .join('\n\n');
  try {
    const { answer, model } = await ask(ctx, owner, judgePrompt, {
      language: task.language,
      claims: open.map(({ sentence, quote }, index) => ({
        id: `c${index + 1}`,
        text: sentence.text,
        quote,
        passage: textOf(sentence),
      })),
    });
    const byId = new Map(answer.verdicts.map((verdict) => [verdict.id, verdict]));
    return (index) => {
      const given = byId.get(`c${index + 1}`);
      // A claim that the model passed over has not been confirmed by anyone.
      return {
        verdict: given?.verdict ?? 'unsupported',
        reason: given?.reason.trim() || 'The model gave no verdict.',
        judgedBy: model,
      };
    };
  } catch (error) {
    owner.signal.throwIfAborted();
    // The text is there and paid for: what nobody has confirmed is shown as that.
    if (!(error instanceof AppError)) throw error;
    const reason = `It could not be held against its source: ${error.message}`;
    return () => ({ verdict: 'unsupported', reason, judgedBy: null });
  }
}

/** The claim that was checked when the article was written and that a sentence repeats word for word with its source. */
function knownClaim({ claims }: RevisionTask, { text, citations }: DraftSentence): OfferedClaim | null {
  const words = normaliseForMatch(text);
  const claim = claims.find(
    (one) =>
      one.verdict === 'supported' &&
      normaliseForMatch(one.text) === words &&
      citations.some(({ passageId }) => passageId !== null && passageId === one.passageId),
  );
  if (!claim) return null;
  const { passageId, quote, verdict, reason, judgedBy } = claim;
  return { text, passageId, quote, verdict, reason, judgedBy };
}

/** The answer as Markdown, with the footnotes that the article has for its sources. */
function compose(
  { passages, labels, selection }: RevisionTask,
  blocks: { type: 'paragraph' | 'bullets' | 'numbered'; sentences: DraftSentence[] }[],
  checked: Map<DraftSentence, OfferedClaim | null>,
): string {
  const mark = (sourceIds: string[]) =>
    sourceIds
      .flatMap((id) => labels.get(id) ?? [])
      .map((label) => `[^${label}]`)
      .join('');
  const text = blocks
    .flatMap(({ type, sentences }) => {
      const kept = sentences.map((sentence) => {
        const cited = sentence.citations.flatMap(({ passageId }) => passages.get(passageId ?? '')?.sourceId ?? []);
        // What its source does not bear out carries no mark of it.
        const holds = checked.get(sentence)?.verdict === 'supported';
        return { text: sentence.text, sourceIds: holds ? [...new Set(cited)] : [] };
      });
      return kept.length > 0 ? [composeBlock(type, kept, mark)] : [];
    })
    .join('\n\n');
  return keepPhrases(text, selection.phrases);
}

function describe(claim: OfferedClaim, { passages }: RevisionTask): CheckedOffer {
  const passage = passages.get(claim.passageId ?? '');
  return { ...claim, sourceTitle: passage?.sourceTitle ?? null, sourceId: passage?.sourceId ?? null };
}

async function keepOffer({ db }: Ctx, { id, userId }: Article, { action }: RevisionRequest, claims: OfferedClaim[]) {
  if (claims.length === 0) return;
  await db.insert(offeredRevisions).values({ id: newId(), userId, articleId: id, action, claims });
}

async function costOf({ db }: Ctx, calls: string[]): Promise<Pick<Offer, 'costMicroUsd' | 'estimated'>> {
  if (calls.length === 0) return { costMicroUsd: 0, estimated: false };
  const { costMicroUsd, estimated } = paidCalls;
  const rows = await db.select({ costMicroUsd, estimated }).from(paidCalls).where(inArray(paidCalls.id, calls));
  return {
    costMicroUsd: rows.reduce((sum, row) => sum + (row.costMicroUsd ?? 0), 0),
    estimated: rows.some((row) => row.estimated),
  };
}

/** The hints of the ledger and of models are for work that goes on by itself; here a person waits for the answer. */
function inWordsOfAssist(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const hints: Partial<Record<AppError['code'], string>> = {
    budget_exceeded: 'Nothing was sent. Try again when the month is over or the limit has been raised.',
    model_unavailable: 'The provider is busy or down. Nothing is tried by itself: send it again in a minute.',
    model_output_invalid: 'What was offered cannot be trusted and is not shown. Try again, or choose another model.',
    model_refused: 'Its policy does not allow the text, or the wish. Put it in other words, or choose another model.',
  };
  const hint = hints[error.code];
  const { details, retryAt } = error;
  if (!hint || error instanceof GivenUp) return error;
  return new AppError(error.code, error.message, {
    hint,
    cause: error,
    ...(details ? { details } : {}),
    ...(retryAt ? { retryAt } : {}),
  });
}
