import { z } from 'zod';
import { printable } from '../storable.ts';
import type { WordPressClient } from './client.ts';
import { decodeEntities } from './plain-text.ts';

/** What a post names by number only, and where the names stand. */
const routes = { categories: 'categories', tags: 'tags', author: 'users', featuredMedia: 'media' } as const;
export type NumberedField = keyof typeof routes;

export const isNumbered = (field: string): field is NumberedField => Object.hasOwn(routes, field);

/** WordPress sends no more at once. */
const maxNames = 100;
const text = z.string().transform((html) => printable(decodeEntities(html)).trim());
const shape = z.object({
  id: z.int(),
  name: text.optional(),
  title: z
    .object({ rendered: z.string() })
    .transform(({ rendered }) => rendered)
    .pipe(text)
    .optional(),
});

/**
 * What the site calls the categories, tags, authors or images with these numbers, at most 100 of them. Those that are
 * gone, have no name or are not shown to the connected user are left out.
 * @throws AppError of the WordPress client
 */
export async function readNames(
  client: Pick<WordPressClient, 'call'>,
  field: NumberedField,
  ids: readonly number[],
): Promise<Map<number, string>> {
  const { json } = await client.call('GET', `/wp/v2/${routes[field]}`, {
    parameters: { include: ids.slice(0, maxNames).join(','), per_page: maxNames, _fields: 'id,name,title' },
  });
  const items = Array.isArray(json) ? json : [];
  return new Map(
    items.flatMap((item): [number, string][] => {
      const { id, name, title } = shape.safeParse(item).data ?? {};
      const said = name || title;
      return id !== undefined && said ? [[id, said]] : [];
    }),
  );
}
