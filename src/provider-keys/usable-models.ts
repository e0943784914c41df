import { getUser } from '../accounts/account.ts';
import { modelPrices, type Payer } from '../budget/schema.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { ownKeyFor } from '../llm/models.ts';
import { ownKeysOf } from './own-keys.ts';

/** A model that articles of a user can be written by. */
export interface UsableModel {
  /** `provider:model`, or `offline`. */
  id: string;
  /** Who is billed for it. */
  payer: Payer;
  /** The instance asks it where nothing else is chosen: its place in that order, from 1. */
  inChain: number | null;
  /** Micro-dollars for a million tokens; null where nobody here knows them, and then it is not asked. */
  prices: { inputMicroUsd: number; outputMicroUsd: number } | null;
}

/** What the public table lists beside models that answer with text, or under the name of another provider. */
const noWriter =
  /embed|image|audio|tts|transcri|realtime|whisper|moderation|-live|search|computer|research|codex|instruct|safeguard|-oss|vision|^[a-z]+:(ft:|text-|ada|babbage|curie|davinci)|^google:(claude|gemma)|\.ft-|@|:[^:]*:/i;

/**
 * The models that a user's articles can be written by: those of the instance in their order, the one that the account has
 * chosen, and those that the public table lists for the providers whose keys there are.
 */
export async function listUsableModels(
  ctx: Pick<AppContext, 'db' | 'config' | 'secrets' | 'models'>,
  userId: string,
): Promise<UsableModel[]> {
  const own = await ownKeysOf(ctx, userId);
  const models = ctx.models.withKeys(own);
  const user = await getUser(ctx.db, userId);
  // The table is large, and a server that only serves needs none.
  const { findInTable, tableModels } = await import('../budget/price-table.ts');
  const { openaiApiKey, anthropicApiKey, googleApiKey } = ctx.secrets;
  const reachable = {
    openai: own.has('openai') || (openaiApiKey !== null && ctx.config.models.openaiBaseUrl === null),
    anthropic: own.has('anthropic') || anthropicApiKey !== null,
    google: own.has('google') || googleApiKey !== null,
  };
  const listed = (['openai', 'anthropic', 'google'] as const)
    .filter((provider) => reachable[provider])
    .flatMap((provider) => tableModels(provider).filter((id) => !noWriter.test(id)));
  const chosen = user.model !== null && (await canBeAsked(models, user.model)) ? [user.model] : [];
  const set = new Map((await ctx.db.select().from(modelPrices)).map((row) => [row.model, row]));
  const now = new Date();
  return [...new Set([...models.chain, ...chosen, ...listed])].map((id) => {
    const ownKey = ownKeyFor(id, own);
    const setting = ctx.config.models.prices[id];
    const ofInstance = set.get(id) ?? (setting?.kind === 'explicit' ? setting : undefined);
    const ofTable = findInTable(id, now)?.prices;
    // What is set for this name may be meant for the instance's own server, which a key of one's own does not lead to.
    const elsewhere = ownKey?.provider === 'openai' && ctx.config.models.openaiBaseUrl !== null;
    const prices = elsewhere ? (ofTable ?? ofInstance) : (ofInstance ?? ofTable);
    const place = models.chain.indexOf(id);
    return {
      id,
      payer: ownKey ? 'user' : 'instance',
      inChain: place === -1 ? null : place + 1,
      prices: id === 'offline' ? free : prices ? both(prices) : null,
    };
  });
}

const free = { inputMicroUsd: 0, outputMicroUsd: 0 };

function both(prices: { inputMicroUsd: number | null; outputMicroUsd: number | null }): UsableModel['prices'] {
  const { inputMicroUsd, outputMicroUsd } = prices;
  return inputMicroUsd === null || outputMicroUsd === null ? null : { inputMicroUsd, outputMicroUsd };
}

/** A model whose key is missing, or that names no provider, is none to choose. */
async function canBeAsked(models: AppContext['models'], id: string): Promise<boolean> {
  try {
    await models.resolve(id);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'model_unknown') return false;
    throw error;
  }
}
