import { z } from 'zod';

/** Query of every list: newest first, `limit` items, after the item that the last page ended with. */
export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.uuid('is not one that a list has answered').optional(),
});

/** The answer of every list. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/**
 * Cuts one row too many off a page and says where the next one begins. Query with `limit + 1`, ordered by id
 * descending: ids are UUIDv7, so that is newest first, and the id alone is a position that later inserts do not move.
 */
export function page<Row extends { id: string }>(
  rows: Row[],
  limit: number,
): { items: Row[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
