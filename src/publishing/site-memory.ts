import type { SafeFetch } from '../net/safe-fetch.ts';
import { record } from '../wordpress/rest-answer.ts';
import { seoPluginOf } from '../wordpress/seo-meta.ts';
import type { SeoPlugin } from '../wordpress/seo-plugin.ts';
import type { Delivery } from './delivery.ts';

/** What was learned of a site, good for a short time, so that not every post asks anew. */
interface SiteMemory {
  /** Ids by `taxonomy` and name; checked against what the site stores with every post. */
  terms: Map<string, number>;
  seoPlugin?: SeoPlugin | null;
  mayUseScripts?: boolean;
  /** In milliseconds since 1970; everything is forgotten then. */
  until: number;
}

const memoryMs = 10 * 60_000;
const maxSites = 500;
/** Lives as long as the connections to the sites do, and so as the process; tests with a site of their own start empty. */
const memories = new WeakMap<SafeFetch, Map<string, SiteMemory>>();

/** What is known of the site of a delivery; whatever was learned under an earlier login is not. */
export function memoryOf({ ctx, site }: Pick<Delivery, 'ctx' | 'site'>): SiteMemory {
  const sites = memories.get(ctx.safeFetch) ?? new Map<string, SiteMemory>();
  memories.set(ctx.safeFetch, sites);
  const key = `${site.id} ${site.url} ${site.username} ${site.credential}`;
  const now = ctx.now().getTime();
  const known = sites.get(key);
  if (known && known.until > now && known.until <= now + memoryMs) return known;
  const fresh: SiteMemory = { terms: new Map(), until: now + memoryMs };
  sites.delete(key);
  if (sites.size >= maxSites) sites.delete(sites.keys().next().value ?? '');
  sites.set(key, fresh);
  return fresh;
}

/** The SEO plugin of the site: as its last check found it, else by the namespaces of its REST API. */
export async function seoPluginOfSite(delivery: Delivery): Promise<SeoPlugin | null> {
  const { site, client } = delivery;
  if (site.seoPlugin !== null || site.lastOkAt !== null) return site.seoPlugin;
  const memory = memoryOf(delivery);
  if (memory.seoPlugin === undefined) {
    const { json } = await client.call('GET', '/', { parameters: { _fields: 'namespaces' } });
    const { namespaces } = record(json);
    memory.seoPlugin = seoPluginOf(Array.isArray(namespaces) ? namespaces.map(String) : []);
  }
  return memory.seoPlugin;
}

/** Whether the user's scripts stay in a post (`unfiltered_html`). Sites may take that away all the same. */
export async function mayUseScripts(delivery: Delivery): Promise<boolean> {
  const memory = memoryOf(delivery);
  if (memory.mayUseScripts === undefined) {
    memory.mayUseScripts = (await delivery.client.me()).capabilities.has('unfiltered_html');
  }
  return memory.mayUseScripts;
}
