import type { WordPressClient } from '../wordpress/client.ts';
import { isNumbered, type NumberedField, readNames } from '../wordpress/names.ts';
import { siteCauseOf } from '../wordpress/site-error.ts';
import type { ConflictField } from './schema.ts';

/**
 * Gives the fields that hold numbers of the site (categories, tags, author, featured image) their names as well, as the
 * site has them at this moment: a person decides between names. A number that the site tells no name of stays one.
 */
export async function nameFields(
  client: Pick<WordPressClient, 'call'>,
  fields: readonly ConflictField[],
): Promise<ConflictField[]> {
  const named: ConflictField[] = [];
  for (const field of fields) named.push(isNumbered(field.name) ? await withNames(client, field.name, field) : field);
  return named;
}

async function withNames(
  client: Pick<WordPressClient, 'call'>,
  name: NumberedField,
  field: ConflictField,
): Promise<ConflictField> {
  const versions = [field.base, field.ours, field.theirs];
  const ids = [...new Set(versions.flatMap((value) => idsOf(value) ?? []))];
  if (ids.length === 0) return field;
  let known: Map<number, string>;
  try {
    known = await readNames(client, name, ids);
  } catch (error) {
    // The conflict is found, and is worth keeping with its numbers alone when the site tells no more.
    if (siteCauseOf(error) === undefined) throw error;
    return field;
  }
  const [base = null, ours = null, theirs = null] = versions.map(
    (value) => idsOf(value)?.map((id) => known.get(id) ?? `No. ${id}`) ?? null,
  );
  return { ...field, names: { base, ours, theirs } };
}

/** The numbers of a field as it is compared; an image that a post does not have is 0. */
function idsOf(value: string | null): number[] | null {
  return value === null
    ? null
    : value
        .split(', ')
        .map(Number)
        .filter((id) => id > 0);
}
