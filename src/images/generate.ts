import { and, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { getArticle } from '../articles/queries.ts';
import { slugify } from '../articles/slug.ts';
import { dropAnswer, findUsersAnswer } from '../budget/ledger.ts';
import { paidCalls } from '../budget/schema.ts';
import type { AppContext } from '../context.ts';
import { digest } from '../digest.ts';
import { AppError } from '../errors.ts';
import { restoreImage } from './bin.ts';
import { type Image, type ImageType, images } from './schema.ts';
import { assertRoom, keepImage } from './store.ts';

/** What an image is generated from. */
export interface GenerateRequest {
  userId: string;
  prompt: string;
  /** The article that it is for. */
  articleId?: string | undefined;
  alt?: string | undefined;
  /** Instead of the instance's. */
  model?: string | undefined;
  /** Another image although there is one of the same prompt. */
  again?: boolean | undefined;
}

type Ctx = Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'models' | 'log' | 'imaging' | 'telemetry'>;

/** Goes up when the meaning of a request or of its stored answer changes. */
const version = 1;
/** In bytes: what an image is expected to take, so that none is paid for which cannot be kept. */
const usualBytes = 1_000_000;
/** Requests under way in this process: whoever sends the same again waits for the same image. */
const underWay = new Map<string, Promise<Image>>();

/**
 * Has a model make an image and keeps it. The same prompt of the same article and model gives the image that there is,
 * unless another one is asked for. What was paid for is not paid again: the answer is stored with its ledger row, before
 * anything else is done with it, and found there when the process died, or there was no room, before it was kept.
 *
 * Throws `invalid_state` where the instance has no model for images, `model_unknown`, `price_unknown`, `images_full` or
 * `budget_exceeded` (nothing sent), `model_unavailable`, `model_rejected`, `model_refused`, `model_output_invalid`, or
 * `not_found` for the article.
 */
export async function generateImage(ctx: Ctx, request: GenerateRequest): Promise<Image> {
  const { userId, prompt, articleId = null } = request;
  if (articleId !== null) await getArticle(ctx.db, userId, articleId);
  const model = request.model ?? ctx.config.images.model;
  if (model === null) {
    throw new AppError('invalid_state', 'This instance has no model for images.', {
      hint: 'Have its operator set IMAGE_MODEL, for example IMAGE_MODEL=openai:gpt-image-1, and IMAGE_PRICE_USD. Uploads and title cards need none.',
    });
  }
  const madeFrom = digest({ image: model, version, prompt, articleId });
  const key = `${userId} ${madeFrom}`;
  const running = underWay.get(key) ?? make(ctx, request, model, madeFrom).finally(() => underWay.delete(key));
  underWay.set(key, running);
  return running;
}

async function findMade({ db }: Ctx, userId: string, madeFrom: string): Promise<Image | null> {
  const [row] = await db
    .select()
    .from(images)
    .where(and(eq(images.userId, userId), eq(images.madeFrom, madeFrom)))
    .orderBy(desc(images.id))
    .limit(1);
  return row ?? null;
}

const answer = z.object({ base64: z.string() });

async function make(ctx: Ctx, request: GenerateRequest, model: string, madeFrom: string): Promise<Image> {
  const { userId, prompt, again } = request;
  const known = again ? null : await findMade(ctx, userId, madeFrom);
  // It was paid for: one in the bin comes back.
  if (known) return known.deletedAt ? restoreImage(ctx.db, userId, known.id) : known;
  const paid = await findUsersAnswer(ctx.db, userId, madeFrom);
  const found = answer.safeParse(paid?.output);
  if (paid && found.success) return keep(ctx, request, model, madeFrom, { callId: paid.id, ...found.data });
  await assertRoom(ctx.db, userId, usualBytes);
  const bought = await (await import('./buy-image.ts')).buyImage(ctx, {
    userId,
    prompt,
    model,
    requestDigest: madeFrom,
  });
  return keep(ctx, request, model, madeFrom, bought);
}

const endings: Record<ImageType, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

/** Keeps what was paid for as every image is kept, and takes it out of the ledger in the same transaction. */
async function keep(
  ctx: Ctx,
  { userId, prompt, alt = '' }: GenerateRequest,
  model: string,
  madeFrom: string,
  { callId, base64 }: { callId: string; base64: string },
): Promise<Image> {
  const prepared = await ctx.imaging.prepare(Buffer.from(base64, 'base64')).catch(async (error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'image_refused') throw error;
    // Of no use, however often it is looked at: the next try asks anew.
    await dropAnswer(ctx.db, callId);
    throw new AppError('model_output_invalid', `${model} did not return an image that can be kept. ${error.message}`, {
      hint: 'Try again, or choose another model.',
      cause: error,
    });
  });
  const name = `${slugify(prompt).slice(0, 80)}.${endings[prepared.mime]}`;
  const fields = { userId, kind: 'generated' as const, name, alt, prompt, model, madeFrom };
  return ctx.db.transaction(async (tx) => {
    const [call] = await tx
      .select({ costMicroUsd: paidCalls.costMicroUsd })
      .from(paidCalls)
      .where(eq(paidCalls.id, callId));
    const image = await keepImage(tx, { ...fields, costMicroUsd: call?.costMicroUsd ?? null }, prepared);
    await dropAnswer(tx, callId);
    return image;
  });
}
