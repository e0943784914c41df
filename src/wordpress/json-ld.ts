import { block } from './block-markup.ts';

/**
 * Structured data as an HTML block: what search engines read and nobody sees. Nothing inside can end the script or the
 * block's comment, run a shortcode, or be changed by WordPress's filters of texts (`capital_P_dangit`): whatever a string
 * holds of that is written as a JSON escape, so the data stay what they were.
 *
 * Only for users with `unfiltered_html`: for others WordPress takes the tags away and leaves the data as visible text.
 */
export function jsonLdBlock(data: Readonly<Record<string, unknown>>): string {
  const json = JSON.stringify(data).replace(/"(?:[^"\\]|\\.)*"/g, (text) =>
    text
      .replace(/[<>&[]|-(?=-)/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .replaceAll('Wordpress', '\\u0057ordpress'),
  );
  return block('html', {}, `<script type="application/ld+json">${json}</script>`);
}
