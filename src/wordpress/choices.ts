import { z } from 'zod';
import { printable } from '../storable.ts';
import type { WordPressClient } from './client.ts';
import { timezoneOf } from './discover.ts';
import { decodeEntities } from './plain-text.ts';
import { record } from './rest-answer.ts';
import type { RestParameters } from './rest-url.ts';
import { type SiteCause, siteCauseOf } from './site-error.ts';

/** The most that WordPress sends at once; of categories and tags it is the most used ones. */
export const maxChoices = 100;

const name = z.string().transform((text) => printable(decodeEntities(text)));
const termShape = z.object({ id: z.int(), name, parent: z.int().catch(0), count: z.int().catch(0) });
const personShape = z.object({ id: z.int(), name });
const templateShape = z.object({
  slug: z.string().min(1).max(200),
  title: z.union([z.string(), z.object({ rendered: z.string() }).transform(({ rendered }) => rendered)]).pipe(name),
  is_custom: z.boolean().catch(false),
  post_types: z.array(z.string()).catch([]),
});

/** What a post can be given on a site, as the connected user may see it. */
export interface SiteChoices {
  categories: z.output<typeof termShape>[];
  tags: z.output<typeof termShape>[];
  authors: z.output<typeof personShape>[];
  templates: { file: string; name: string }[];
  timezone: string;
}

/** What says that this user may not list something, or that the site has no such thing; all else is a failure. */
const notListed: ReadonlySet<SiteCause | undefined> = new Set([
  'role_insufficient',
  'rest_missing',
  'not_found',
  'rejected',
]);

/**
 * Reads from the site what a post can be given there: up to {@link maxChoices} of each, narrowed by `search`. What the
 * user may not list is empty. Throws site_unreachable or site_rejected when the site does not answer or the login fails.
 */
export async function readChoices(client: WordPressClient, search?: string): Promise<SiteChoices> {
  const terms = { per_page: maxChoices, orderby: 'count', order: 'desc', _fields: 'id,name,parent,count', search };
  const index = await client.call('GET', '/', { parameters: { _fields: 'timezone_string,gmt_offset' } });
  const { timezone_string, gmt_offset } = record(index.json);
  const [categories, tags, authors, templates] = await Promise.all([
    list(client, '/wp/v2/categories', terms, termShape),
    list(client, '/wp/v2/tags', terms, termShape),
    // Deprecated since 5.9, and still the only question about authors that an editor or author gets an answer to.
    list(client, '/wp/v2/users', { who: 'authors', per_page: maxChoices, _fields: 'id,name', search }, personShape),
    list(client, '/wp/v2/templates', { _fields: 'slug,title,is_custom,post_types' }, templateShape),
  ]);
  return {
    categories,
    tags,
    authors,
    templates: templates
      .filter(({ is_custom, post_types }) => is_custom && (post_types.length === 0 || post_types.includes('post')))
      .map(({ slug, title }) => ({ file: slug, name: title })),
    timezone: timezoneOf(timezone_string, gmt_offset),
  };
}

async function list<Item>(
  client: WordPressClient,
  path: string,
  parameters: RestParameters,
  shape: z.ZodType<Item>,
): Promise<Item[]> {
  try {
    const { json } = await client.call('GET', path, { parameters });
    const items = Array.isArray(json) ? json : [];
    return items.flatMap((item) => shape.safeParse(item).data ?? []).slice(0, maxChoices);
  } catch (error) {
    if (notListed.has(siteCauseOf(error))) return [];
    throw error;
  }
}
