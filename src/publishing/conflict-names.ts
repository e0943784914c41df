import { decodeEntities } from '../wordpress/plain-text.ts';
import { record } from '../wordpress/rest-answer.ts';
import { siteCauseOf } from '../wordpress/site-error.ts';
import type { Delivery } from './delivery.ts';
import type { ConflictField } from './schema.ts';

type Client = Delivery['client'];

/** Where the site tells the name behind an id, and as which field. */
const routes: Readonly<
  Record<string, { path: string; fields: string; nameOf: (item: Record<string, unknown>) => unknown }>
> = {
  categories: { path: '/wp/v2/categories', fields: 'name', nameOf: ({ name }) => name },
  tags: { path: '/wp/v2/tags', fields: 'name', nameOf: ({ name }) => name },
  author: { path: '/wp/v2/users', fields: 'name', nameOf: ({ name }) => name },
  featuredMedia: { path: '/wp/v2/media', fields: 'title', nameOf: ({ title }) => record(title).rendered },
};
const yesNo: Readonly<Record<string, string>> = { true: 'yes', false: 'no' };

/**
 * The fields of a conflict with names for the ids of the site, as far as the site tells them: `12, 7` becomes
 * `Bread, Cake`, an id without a name `#12`.
 * @throws AppError of the WordPress client, when trying again can help
 */
export async function nameFields(client: Client, fields: readonly ConflictField[]): Promise<ConflictField[]> {
  const named: ConflictField[] = [];
  for (const field of fields) {
    const sides = [field.base, field.ours, field.theirs];
    const ids = [...new Set(sides.flatMap((side) => side?.match(/\d+/g) ?? []))].filter((id) => id !== '0');
    const route = routes[field.name];
    const names = new Map<string, string>();
    if (route) for (const id of ids) names.set(id, await nameAt(client, route, id));
    const [base, ours, theirs] = sides.map((side) => inWords(side, field.name, names));
    named.push({ name: field.name, base: base ?? null, ours: ours ?? null, theirs: theirs ?? null });
  }
  return named;
}

function inWords(side: string | null, field: string, names: ReadonlyMap<string, string>): string | null {
  if (side === null) return null;
  if (field === 'sticky') return yesNo[side] ?? side;
  if (!(field in routes)) return side;
  return (side.match(/\d+/g) ?? [])
    .map((id) => names.get(id) ?? '')
    .filter((name) => name !== '')
    .join(', ');
}

async function nameAt(client: Client, { path, fields, nameOf }: (typeof routes)[string], id: string): Promise<string> {
  try {
    const { json } = await client.call('GET', `${path}/${id}`, { parameters: { _fields: fields } });
    const name = nameOf(record(json));
    return typeof name === 'string' && name !== '' ? decodeEntities(name) : `#${id}`;
  } catch (error) {
    // Deleted, or not for this user to see.
    const cause = siteCauseOf(error);
    if (cause === 'not_found' || cause === 'role_insufficient' || cause === 'rest_missing') return `#${id}`;
    throw error;
  }
}
