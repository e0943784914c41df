import type { WordPressClient } from './client.ts';
import { sameText } from './plain-text.ts';
import { record } from './rest-answer.ts';
import type { SeoPlugin } from './seo-plugin.ts';

/** What search engines are to be told of a post; plain text, empty for nothing. */
export interface SeoMeta {
  title: string;
  description: string;
  keyword: string;
}

type Client = Pick<WordPressClient, 'call'>;
type Stored = Partial<Record<keyof SeoMeta, unknown>>;

const namespaces: Readonly<Record<SeoPlugin, string>> = {
  yoast: 'yoast/v1',
  'rank-math': 'rankmath/v1',
  seopress: 'seopress/v1',
};

/** Which SEO plugin a site has, from the namespaces of its REST API; null for none that is known here. */
export function seoPluginOf(siteNamespaces: readonly string[]): SeoPlugin | null {
  const found = Object.entries(namespaces).find(([, namespace]) => siteNamespaces.includes(namespace));
  return found ? (found[0] as SeoPlugin) : null;
}

const yoastKeys = {
  title: '_yoast_wpseo_title',
  description: '_yoast_wpseo_metadesc',
  keyword: '_yoast_wpseo_focuskw',
};
const rankMathKeys = {
  title: 'rank_math_title',
  description: 'rank_math_description',
  keyword: 'rank_math_focus_keyword',
};

/**
 * Gives a post its texts for search engines, the way its plugin takes them, and reads them back where the plugin lets
 * them be read. Writing twice is writing once. Returns what the site did not keep.
 * @throws AppError of the WordPress client
 */
export async function writeSeoMeta(
  client: Client,
  plugin: SeoPlugin,
  postId: number,
  meta: SeoMeta,
): Promise<(keyof SeoMeta)[]> {
  const wanted = (Object.keys(yoastKeys) as (keyof SeoMeta)[]).filter((key) => meta[key] !== '');
  if (wanted.length === 0) return [];
  const stored = await writers[plugin](client, postId, pick(meta, wanted));
  return stored === 'untold' ? [] : wanted.filter((key) => !sameText(String(stored[key] ?? ''), meta[key]));
}

const pick = (meta: SeoMeta, keys: readonly (keyof SeoMeta)[]): Partial<SeoMeta> =>
  Object.fromEntries(keys.map((key) => [key, meta[key]]));

const writers: Readonly<
  Record<SeoPlugin, (client: Client, postId: number, meta: Partial<SeoMeta>) => Promise<Stored | 'untold'>>
> = {
  /** Its keys are meta of the post as far as the site registers them for REST; WordPress passes over any other in silence. */
  async yoast(client, postId, meta) {
    const { json } = await client.call('POST', `/wp/v2/posts/${postId}`, {
      parameters: { context: 'edit', _fields: 'meta' },
      body: { meta: renamed(meta, yoastKeys) },
    });
    return readKeys(record(json).meta, yoastKeys);
  },
  /** Takes its meta through a route of its own, and offers none that reads them: a site that registers them tells. */
  async 'rank-math'(client, postId, meta) {
    const body = { objectType: 'post', objectID: postId, meta: renamed(meta, rankMathKeys) };
    await client.call('POST', '/rankmath/v1/updateMeta', { body });
    const { json } = await client.call('GET', `/wp/v2/posts/${postId}`, {
      parameters: { context: 'edit', _fields: 'meta' },
    });
    const told = record(record(json).meta);
    return Object.values(rankMathKeys).some((key) => key in told) ? readKeys(told, rankMathKeys) : 'untold';
  },
  /** PUT writes, GET on the same route reads. Both need no more than the right to edit the post. */
  async seopress(client, postId, meta) {
    const texts = `/seopress/v1/posts/${postId}/title-description-metas`;
    const keywords = `/seopress/v1/posts/${postId}/target-keywords`;
    const stored: Stored = {};
    if (meta.title !== undefined || meta.description !== undefined) {
      const body = { title: meta.title ?? '', description: meta.description ?? '' };
      await client.call('PUT', texts, { body });
      const { title, description } = record((await client.call('GET', texts)).json);
      Object.assign(stored, { title, description });
    }
    if (meta.keyword !== undefined) {
      await client.call('PUT', keywords, { body: { _seopress_analysis_target_kw: meta.keyword } });
      stored.keyword = keywordIn((await client.call('GET', keywords)).json);
    }
    return stored;
  },
};

function renamed(meta: Partial<SeoMeta>, keys: Readonly<Record<keyof SeoMeta, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(meta).map(([key, text]) => [keys[key as keyof SeoMeta], text]));
}

function readKeys(meta: unknown, keys: Readonly<Record<keyof SeoMeta, string>>): Stored {
  const told = record(meta);
  return Object.fromEntries(Object.entries(keys).map(([key, name]) => [key, told[name]]));
}

/** `{ value: ["a"], ... }`, `["a"]` or `"a"`: the answer has changed its form between versions of SEOPress. */
function keywordIn(json: unknown): unknown {
  const value = typeof json === 'object' && json !== null && 'value' in json ? json.value : json;
  return Array.isArray(value) ? value.join(',') : value;
}
