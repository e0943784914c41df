import { eq, sql } from 'drizzle-orm';
import { type Actor, recordAudit } from '../accounts/audit.ts';
import { searchProviderNames } from '../config.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { nearMatches } from '../text/edit-distance.ts';
import type { ExplicitPrices } from './prices.ts';
import { type ModelPriceRow, modelPrices } from './schema.ts';

/** The prices that an admin has set for a model (`provider:model`) or a search provider; null where none are set. */
export async function findPriceOverride(db: Db, model: string): Promise<ExplicitPrices | null> {
  const [row] = await db.select().from(modelPrices).where(eq(modelPrices.model, model));
  return row ? asPrices(row) : null;
}

function asPrices({ model: _model, updatedAt: _at, ...prices }: ModelPriceRow): ExplicitPrices {
  return { kind: 'explicit', ...prices };
}

/** What an admin sets: micro-dollars for a million tokens, and for a request. What is left out has no price of its own. */
export interface PriceInput {
  inputMicroUsd?: number | undefined;
  cachedInputMicroUsd?: number | null | undefined;
  cacheWriteInputMicroUsd?: number | null | undefined;
  outputMicroUsd?: number | undefined;
  reasoningMicroUsd?: number | null | undefined;
  requestMicroUsd?: number | undefined;
}

type Ctx = Pick<AppContext, 'db' | 'config' | 'models'>;

/**
 * Sets the prices of a model or of a search provider, in place of those it had. They hold for every call that is reserved
 * from now on, in every process; calls under way keep the price they were reserved at. A model that nobody has heard of
 * is taken for a slip of the pen unless `unknownModel` says that it is meant: a price under a wrong name would move no
 * money, and nobody would notice.
 *
 * Throws `model_unknown` with what may have been meant, `invalid_request` for a name that can be none and for prices that do
 * not go with the model.
 */
export async function setPrices(
  ctx: Ctx,
  model: string,
  input: PriceInput,
  unknownModel: boolean,
  actor: Actor,
): Promise<ModelPriceRow> {
  const values = isSearch(model) ? searchPrices(input) : tokenPrices(input);
  if (!isSearch(model)) await assertMeant(ctx, model, unknownModel);
  return ctx.db.transaction(async (tx) => {
    const before = await findPriceOverride(tx, model);
    const [row] = await tx
      .insert(modelPrices)
      .values({ model, ...values })
      .onConflictDoUpdate({ target: modelPrices.model, set: { ...values, updatedAt: sql`now()` } })
      .returning();
    if (!row) throw new Error('insert returned no row');
    await recordAudit(tx, actor, 'price-set', null, { model, before, after: asPrices(row) });
    return row;
  });
}

/** Takes the prices back that were set for a model: those of MODEL_PRICES or the table hold again. Throws `not_found`. */
export async function removePrices({ db }: Pick<Ctx, 'db'>, model: string, actor: Actor): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.delete(modelPrices).where(eq(modelPrices.model, model)).returning();
    if (!row) throw new AppError('not_found', `No price is set for ${model}.`);
    await recordAudit(tx, actor, 'price-removed', null, { model, before: asPrices(row) });
  });
}

const isSearch = (model: string) => searchProviderNames.some((name) => name === model);

function searchPrices({ requestMicroUsd, ...tokens }: PriceInput) {
  if (requestMicroUsd === undefined) throw invalid('requestMicroUsd', 'is needed: a search is paid by the request');
  const [token] = Object.entries(tokens).find(([, price]) => price !== undefined && price !== null) ?? [];
  if (token) throw invalid(token, 'does not go with a search, which has no tokens');
  return { ...noTokenPrices, requestMicroUsd };
}

const noTokenPrices = {
  inputMicroUsd: 0,
  outputMicroUsd: 0,
  cachedInputMicroUsd: null,
  cacheWriteInputMicroUsd: null,
  reasoningMicroUsd: null,
};

function tokenPrices({ inputMicroUsd, outputMicroUsd, ...others }: PriceInput) {
  if (inputMicroUsd === undefined) throw invalid('inputMicroUsd', 'is needed; 0 for a model that costs nothing');
  if (outputMicroUsd === undefined) throw invalid('outputMicroUsd', 'is needed; 0 for a model that costs nothing');
  return {
    inputMicroUsd,
    outputMicroUsd,
    cachedInputMicroUsd: others.cachedInputMicroUsd ?? null,
    cacheWriteInputMicroUsd: others.cacheWriteInputMicroUsd ?? null,
    reasoningMicroUsd: others.reasoningMicroUsd ?? null,
    requestMicroUsd: others.requestMicroUsd ?? 0,
  };
}

const invalid = (path: string, message: string) =>
  new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });

async function assertMeant(ctx: Ctx, model: string, unknownModel: boolean): Promise<void> {
  // The table of prices is large, and only what looks at it loads it.
  const { findInTable, tableModels, tableProviders } = await import('./price-table.ts');
  const [provider = ''] = model.split(':');
  const isProvider = tableProviders.has(provider) && /^[a-z-]+:\S+$/.test(model);
  const known = await knownModels(ctx);
  const listed = (isProvider ? [provider] : [...tableProviders.keys()]).flatMap(tableModels);
  if (isProvider) {
    if (unknownModel || known.has(model) || listed.includes(model)) return;
    // The table knows a dated version by the beginning of its name; a slip in one of its own names looks the same.
    if (findInTable(model, new Date()) && nearMatches(model, listed, 2).length === 0) return;
  }
  const suggestions = nearMatches(model, [...known, ...listed, ...searchProviderNames]);
  const meant = suggestions.length > 0 ? ` Did you mean ${suggestions.join(' or ')}?` : '';
  const message = isProvider
    ? `No model "${model}" is known here.${meant}`
    : `"${model}" is no model of a provider: ${[...tableProviders.keys()].join(', ')} with a colon and a model, or ${searchProviderNames.join(', ')} for searches.${meant}`;
  throw new AppError(isProvider ? 'model_unknown' : 'invalid_request', message, {
    hint: isProvider
      ? 'Correct the name. For a model that only your own server knows, send unknownModel: true.'
      : 'Write the model as LLM_MODEL has it, for example openai:gpt-5-mini.',
    errors: [{ path: 'model', message }],
    suggestions,
  });
}

/** How far back the ledger is looked through for models. */
export const seenLately = sql`now() - interval '90 days'`;

/** The models that this instance is set up for, that users have chosen, or that were asked lately. */
async function knownModels({ db, config, models }: Ctx): Promise<Set<string>> {
  const rows = await queryRows<{ model: string }>(
    db,
    sql`select model from users where model is not null union select model from paid_calls where started_at > ${seenLately}`,
  );
  const { chain } = models;
  const drawing = config.images.model ? [config.images.model] : [];
  return new Set([...drawing, ...chain, ...Object.keys(config.models.prices), ...rows.map(({ model }) => model)]);
}
