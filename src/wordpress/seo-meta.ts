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
export const seoKeys = ['title', 'description', 'keyword'] as const satisfies readonly (keyof SeoMeta)[];

type Client = Pick<WordPressClient, 'call'>;
type Keys = Readonly<Record<keyof SeoMeta, string>>;

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

const yoastKeys: Keys = {
  title: '_yoast_wpseo_title',
  description: '_yoast_wpseo_metadesc',
  keyword: '_yoast_wpseo_focuskw',
};
const rankMathKeys: Keys = {
  title: 'rank_math_title',
  description: 'rank_math_description',
  keyword: 'rank_math_focus_keyword',
};

/**
 * The texts for search engines that a post has in the SEO plugin of its site. What the plugin does not let us read is left
 * out: with Rank Math that is all of them, unless the site registers its fields for REST.
 * @throws AppError of the WordPress client
 */
export async function readSeoMeta(client: Client, plugin: SeoPlugin, postId: number): Promise<Partial<SeoMeta>> {
  return readers[plugin](client, postId);
}

/**
 * Gives a post texts for search engines, the way its plugin takes them, and reads them back where the plugin lets them be
 * read. Writing twice is writing once. Returns the texts as they stand then, and the names of those that were not kept.
 * @param meta what is to be written; what is left out stays as it is
 * @param standing what {@link readSeoMeta} gave: SEOPress takes title and description only together
 * @throws AppError of the WordPress client
 */
export async function writeSeoMeta(
  client: Client,
  plugin: SeoPlugin,
  postId: number,
  meta: Partial<SeoMeta>,
  standing: Partial<SeoMeta> = {},
): Promise<{ texts: Partial<SeoMeta>; lost: (keyof SeoMeta)[] }> {
  const wanted = seoKeys.filter((key) => meta[key] !== undefined);
  if (wanted.length === 0) return { texts: standing, lost: [] };
  const told = await writers[plugin](client, postId, meta, standing);
  // Where nothing at all is told, no field was refused: this plugin cannot be read.
  const untold = plugin === 'rank-math' && Object.keys(told).length === 0;
  const lost = untold ? [] : wanted.filter((key) => !sameText(told[key] ?? '', meta[key] ?? ''));
  return { texts: { ...standing, ...(untold ? meta : told) }, lost };
}

const readers: Readonly<Record<SeoPlugin, (client: Client, postId: number) => Promise<Partial<SeoMeta>>>> = {
  yoast: async (client, postId) => readKeys(await metaOf(client, 'GET', postId), yoastKeys),
  'rank-math': async (client, postId) => readKeys(await metaOf(client, 'GET', postId), rankMathKeys),
  async seopress(client, postId) {
    const { title, description } = record((await client.call('GET', seopressRoute(postId, 'texts'))).json);
    const keyword = keywordIn((await client.call('GET', seopressRoute(postId, 'keywords'))).json);
    return { title: said(title), description: said(description), keyword: said(keyword) };
  },
};

const writers: Readonly<
  Record<
    SeoPlugin,
    (client: Client, postId: number, meta: Partial<SeoMeta>, standing: Partial<SeoMeta>) => Promise<Partial<SeoMeta>>
  >
> = {
  /** Its keys are meta of the post as far as the site registers them for REST; WordPress passes over any other in silence. */
  async yoast(client, postId, meta) {
    return readKeys(await metaOf(client, 'POST', postId, renamed(meta, yoastKeys)), yoastKeys);
  },
  /** Takes its meta through a route of its own, and offers none that reads them: a site that registers them tells. */
  async 'rank-math'(client, postId, meta) {
    const body = { objectType: 'post', objectID: postId, meta: renamed(meta, rankMathKeys) };
    await client.call('POST', '/rankmath/v1/updateMeta', { body });
    return readers['rank-math'](client, postId);
  },
  /** PUT writes, GET on the same route reads. Both need no more than the right to edit the post. */
  async seopress(client, postId, meta, standing) {
    if (meta.title !== undefined || meta.description !== undefined) {
      const { title = standing.title ?? '', description = standing.description ?? '' } = meta;
      await client.call('PUT', seopressRoute(postId, 'texts'), { body: { title, description } });
    }
    if (meta.keyword !== undefined) {
      const body = { _seopress_analysis_target_kw: meta.keyword };
      await client.call('PUT', seopressRoute(postId, 'keywords'), { body });
    }
    return readers.seopress(client, postId);
  },
};

const seopressRoute = (postId: number, what: 'texts' | 'keywords') =>
  `/seopress/v1/posts/${postId}/${what === 'texts' ? 'title-description-metas' : 'target-keywords'}`;

async function metaOf(
  client: Client,
  method: 'GET' | 'POST',
  postId: number,
  meta?: Record<string, string>,
): Promise<unknown> {
  const parameters = { context: 'edit', _fields: 'meta' };
  const { json } = await client.call(method, `/wp/v2/posts/${postId}`, {
    parameters,
    ...(meta ? { body: { meta } } : {}),
  });
  return record(json).meta;
}

function renamed(meta: Partial<SeoMeta>, keys: Keys): Record<string, string> {
  const wanted = seoKeys.filter((key) => meta[key] !== undefined);
  return Object.fromEntries(wanted.map((key) => [keys[key], meta[key] ?? '']));
}

function readKeys(meta: unknown, keys: Keys): Partial<SeoMeta> {
  const told = record(meta);
  const shown = seoKeys.filter((key) => keys[key] in told);
  return Object.fromEntries(shown.map((key) => [key, said(told[keys[key]])]));
}

const said = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** `{ value: ["a"], ... }`, `["a"]` or `"a"`: the answer has changed its form between versions of SEOPress. */
function keywordIn(json: unknown): unknown {
  const value = typeof json === 'object' && json !== null && 'value' in json ? json.value : json;
  return Array.isArray(value) ? value.join(',') : value;
}
