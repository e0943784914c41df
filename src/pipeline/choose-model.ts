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
 * A brief with what the account has as its own where the brief says nothing: how it sounds, and the model that writes it.
 * Both stand in the brief from then on, so that a later change of the account leaves what has begun as it is. Throws
 * `model_unknown` for a model that cannot be asked for this user.
 */
export async function withDefaultsOf(ctx: Ctx, userId: string, given: Brief): Promise<Brief> {
  const { model, voice } = await getUser(ctx.db, userId);
  const brief = given.voice || voice === null ? given : { ...given, voice };
  const chosen = brief.model ?? model;
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
