import { findPriceOverride } from '../budget/price-overrides.ts';
import { type PriceSource, worstPriceOf } from '../budget/prices.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import type { ResolvedModel } from './models.ts';

/** How a call is priced: as an admin has set it, as MODEL_PRICES says, or by the table. */
export async function priceFor(
  ctx: Pick<AppContext, 'db'>,
  { id, price, listPrice }: ResolvedModel,
  at: Date,
): Promise<PriceSource> {
  if (listPrice && isPriced(listPrice, at)) return listPrice;
  return (await findPriceOverride(ctx.db, id)) ?? price;
}

function isPriced(price: PriceSource, at: Date): boolean {
  try {
    worstPriceOf(price, 1, 1, at);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'price_unknown') return false;
    throw error;
  }
}
