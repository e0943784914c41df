import type { WordPressClient } from './client.ts';
import { nothingToDo, type SiteFinding } from './finding.ts';
import { record } from './rest-answer.ts';
import type { SeoPlugin } from './seo-plugin.ts';
import { siteCauseOf } from './site-error.ts';

const names: Readonly<Record<SeoPlugin, string>> = {
  yoast: 'Yoast SEO',
  'rank-math': 'Rank Math',
  seopress: 'SEOPress',
};
const yoastTexts = {
  title: '_yoast_wpseo_title',
  description: '_yoast_wpseo_metadesc',
  'focus keyword': '_yoast_wpseo_focuskw',
};

/** Which SEO plugin the site has, and which texts for search engines it takes over REST. */
export async function aboutSeo(client: Pick<WordPressClient, 'call'>, plugin: SeoPlugin | null): Promise<SiteFinding> {
  const finding = (code: SiteFinding['code'], message: string, hint = nothingToDo): SiteFinding => ({
    code,
    severity: 'info',
    message,
    hint,
  });
  if (plugin === null) return finding('seo_plugin_none', 'No SEO plugin that blog-poster knows was found on the site.');
  const name = names[plugin];
  // These two have routes of their own for it.
  if (plugin !== 'yoast') {
    return finding('seo_plugin_found', `${name} was found; title, description and focus keyword are given to it.`);
  }
  const keys = await registeredMeta(client);
  if (keys === undefined) return finding('seo_plugin_found', `${name} was found; what it takes could not be read.`);
  const taken = Object.entries(yoastTexts).flatMap(([text, key]) => (keys.includes(key) ? [text] : []));
  const left = Object.keys(yoastTexts).filter((text) => !taken.includes(text));
  if (left.length === 0) return finding('seo_plugin_found', `${name} was found; it takes ${taken.join(', ')}.`);
  return finding(
    'seo_plugin_found',
    `${name} was found; over REST it takes ${taken.join(', ') || 'nothing'}, not ${left.join(', ')}.`,
    'Enter the rest in the editor of the site, or register these meta keys for REST there.',
  );
}

/** The meta keys of posts that the site registers for REST; undefined when it does not tell. */
async function registeredMeta(client: Pick<WordPressClient, 'call'>): Promise<string[] | undefined> {
  try {
    const { json } = await client.call('OPTIONS', '/wp/v2/posts', {
      parameters: { _fields: 'schema.properties.meta.properties' },
    });
    const { meta } = record(record(record(json).schema).properties);
    return Object.keys(record(record(meta).properties));
  } catch (error) {
    if (siteCauseOf(error) === undefined) throw error;
    return undefined;
  }
}
