import { z } from 'zod';
import { AppError } from '../errors.ts';
import { escapeName } from './block-markup.ts';
import type { WordPressClient } from './client.ts';
import { decodeEntities } from './plain-text.ts';
import { siteCauseOf } from './site-error.ts';

export type Taxonomy = 'categories' | 'tags';

const termList = z.array(
  z.object({
    id: z.int().positive(),
    name: z.string(),
    parent: z.int().optional().catch(undefined),
    count: z.int().optional().catch(undefined),
  }),
);
type Term = z.output<typeof termList>[number];
const made = z.object({ id: z.int().positive() });

const pageSize = 100;
/** A name that is part of a thousand others is better made: WordPress itself names the one that exists then. */
const maxPages = 10;

/** How two names are held against each other: as WordPress does, without regard to case. */
export const termKey = (name: string) =>
  decodeEntities(name).normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();

/**
 * The id of a category or tag by its name, found or made; null when it is missing and the user may not make it. Asking
 * twice, also after a lost answer, makes no second one: WordPress refuses a name that exists and names its id.
 * @throws AppError of the WordPress client
 */
export async function placeTerm(
  client: Pick<WordPressClient, 'call'>,
  taxonomy: Taxonomy,
  name: string,
): Promise<number | null> {
  const found = await findTerm(client, taxonomy, name);
  if (found !== null) return found;
  try {
    const { json } = await client.call('POST', `/wp/v2/${taxonomy}`, { parameters: { _fields: 'id' }, body: { name } });
    const term = made.safeParse(json);
    // Whatever answered, the term may have been made: it is looked for once more.
    return term.success ? term.data.id : await findTerm(client, taxonomy, name);
  } catch (error) {
    if (siteCauseOf(error) === 'role_insufficient') return null;
    const existing = error instanceof AppError ? error.details?.termId : undefined;
    if (typeof existing === 'number') return existing;
    throw error;
  }
}

async function findTerm(
  client: Pick<WordPressClient, 'call'>,
  taxonomy: Taxonomy,
  name: string,
): Promise<number | null> {
  const wanted = termKey(name);
  const same: Term[] = [];
  for (let page = 1; page <= maxPages; page += 1) {
    const { json } = await client.call('GET', `/wp/v2/${taxonomy}`, {
      parameters: {
        // Names are stored escaped, and the search compares with what is stored: `A & B` alone finds nothing.
        search: escapeName(name),
        per_page: pageSize,
        page,
        _fields: 'id,name,parent,count',
      },
    });
    const terms = termList.safeParse(json).data ?? [];
    same.push(...terms.filter((term) => termKey(term.name) === wanted));
    if (terms.length < pageSize || same.length > 0) break;
  }
  // The same name may stand under several parents: the one at the top is meant, else the one that is used most.
  same.sort(
    (a, b) =>
      Number((a.parent ?? 0) !== 0) - Number((b.parent ?? 0) !== 0) || (b.count ?? 0) - (a.count ?? 0) || a.id - b.id,
  );
  return same[0]?.id ?? null;
}
