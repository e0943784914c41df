import { placeTerm, type Taxonomy, termKey } from '../wordpress/terms.ts';
import type { Delivery } from './delivery.ts';
import { inParallel } from './in-parallel.ts';
import { memoryOf } from './site-memory.ts';

/** Ids of a post's categories and tags; a taxonomy that nothing is wanted of is left to the site. */
export interface PlacedTerms {
  fields: { categories?: number[]; tags?: number[] };
  warnings: string[];
  dropped: string[];
}

const words = { categories: ['category', 'categories'], tags: ['tag', 'tags'] } as const;

/**
 * Finds the categories and tags of a post on its site by name, or makes them there.
 * @param args.fresh asks the site for every one of them, whatever is remembered
 */
export async function placeTerms(
  delivery: Delivery,
  wanted: Readonly<Record<Taxonomy, readonly string[]>>,
  { fresh = false }: { fresh?: boolean } = {},
): Promise<PlacedTerms> {
  const { terms: known } = memoryOf(delivery);
  const asked = (['categories', 'tags'] as const).flatMap((taxonomy) => {
    const names = new Map(wanted[taxonomy].map((name) => [termKey(name), name]));
    return [...names].map(([key, name]) => ({ taxonomy, name, key: `${taxonomy} ${key}` }));
  });
  const placed = await inParallel(asked, async ({ taxonomy, name, key }) => {
    const remembered = fresh ? undefined : known.get(key);
    const id = remembered ?? (await placeTerm(delivery.client, taxonomy, name));
    if (id === null) known.delete(key);
    else known.set(key, id);
    return { taxonomy, name, id };
  });
  const result: PlacedTerms = { fields: {}, warnings: [], dropped: [] };
  for (const taxonomy of ['categories', 'tags'] as const) {
    const mine = placed.filter((term) => term.taxonomy === taxonomy);
    const ids = mine.flatMap(({ id }) => id ?? []);
    const missing = mine.filter(({ id }) => id === null).map(({ name }) => `“${name}”`);
    if (ids.length > 0) result.fields[taxonomy] = [...new Set(ids)];
    if (missing.length === 0) continue;
    const [one, many] = words[taxonomy];
    result.dropped.push(taxonomy);
    result.warnings.push(
      `The ${missing.length === 1 ? one : many} ${missing.join(', ')} could not be made on the site, because the role of the connected user does not allow it. Make ${missing.length === 1 ? 'it' : 'them'} there, or connect an editor.`,
    );
  }
  return result;
}
