import { findPriceOverride } from '../budget/price-overrides.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';

/**
 * Micro-dollars for one image of a model: as an admin has set it for a request (under Prices), else IMAGE_PRICE_USD for
 * IMAGE_MODEL; null where nobody has said. Whose key is used makes no difference. Prices of tokens alone price no image.
 */
export async function imagePrice(ctx: Pick<AppContext, 'db' | 'config'>, model: string): Promise<number | null> {
  const set = await findPriceOverride(ctx.db, model);
  if (set) {
    const { inputMicroUsd, outputMicroUsd, requestMicroUsd = 0 } = set;
    if (requestMicroUsd > 0 || (inputMicroUsd === 0 && outputMicroUsd === 0)) return requestMicroUsd;
  }
  const { images } = ctx.config;
  return model === images.model ? images.priceMicroUsd : null;
}

/** The same where it has to be known. Throws `price_unknown`: unknown is refused, not free. */
export async function knownImagePrice(ctx: Pick<AppContext, 'db' | 'config'>, model: string): Promise<number> {
  const price = await imagePrice(ctx, model);
  if (price !== null) return price;
  throw new AppError('price_unknown', `No price is known for an image of ${model}.`, {
    hint:
      model === ctx.config.images.model
        ? 'Have its operator set IMAGE_PRICE_USD, dollars for one image, or an admin its price for a request (under Prices).'
        : 'Choose another model, or have an admin set its price for a request (under Prices).',
  });
}
