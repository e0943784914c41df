import { getUser } from '../accounts/account.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import type { Models } from '../llm/models.ts';
import { ownKeysOf } from '../provider-keys/own-keys.ts';
import type { Brief } from './brief.ts';

type Ctx = Pick<AppContext, 'db' | 'secrets' | 'models'>;

/** The models as a user may use them: with keys of their own where they have some. */
export async function modelsOf(ctx: Ctx, userId: string): Promise<Models> {
  return ctx.models.withKeys(await ownKeysOf(ctx, userId));
}

/**
 * A brief with the model that it will be written by, where that is one of the user's choice: the one that it names, else
 * the default of the account. It stands in the brief from then on, so that a later change of the default leaves what has
 * begun as it is. Throws `model_unknown` for a model that cannot be asked for this user.
 */
export async function withModelOf(ctx: Ctx, userId: string, brief: Brief): Promise<Brief> {
  const chosen = brief.model ?? (await getUser(ctx.db, userId)).model;
  if (chosen === null) return brief;
  try {
    await (await modelsOf(ctx, userId)).resolve(chosen);
  } catch (error) {
    if (brief.model || !(error instanceof AppError) || error.code !== 'model_unknown') throw error;
    throw new AppError('model_unknown', `${error.message} It is the default model of your account.`, {
      hint: 'Choose another default model under Own keys, name a model in the brief, or enter the key that is missing.',
    });
  }
  return { ...brief, model: chosen };
}
