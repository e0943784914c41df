import { eq } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import type { ExplicitPrices } from './prices.ts';
import { modelPrices } from './schema.ts';

/** The prices that an admin has set for a model (`provider:model`) or a search provider; null where none are set. */
export async function findPriceOverride(db: Db, model: string): Promise<ExplicitPrices | null> {
  const [row] = await db.select().from(modelPrices).where(eq(modelPrices.model, model));
  if (!row) return null;
  const { model: _model, updatedAt: _at, ...prices } = row;
  return { kind: 'explicit', ...prices };
}
