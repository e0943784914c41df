/**
 * The comment syntax and HTML escaping of WordPress's block markup; knows nothing of articles. Where core allows several
 * spellings it takes the one that the filter for authors and contributors (kses) writes: `&#091;`, ` />`. So a post
 * reads back byte for byte as it was sent, whatever the role, and a difference means that somebody has edited it.
 */

/** Attributes of one block, as they stand in its opening comment. */
export type BlockAttributes = Readonly<Record<string, unknown>>;

/**
 * Attributes as WordPress writes them (core `serialize_block_attributes` and `serializeAttributes` of @wordpress/blocks):
 * nothing in them can end the HTML comment or be taken for markup by a filter.
 */
export function serializeAttributes(attributes: BlockAttributes): string {
  return JSON.stringify(attributes)
    .replaceAll('\\\\', '\\u005c')
    .replaceAll('--', '\\u002d\\u002d')
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\\"', '\\u0022');
}

/** One block: opening comment, its HTML on lines of its own, closing comment. `name` is without `core/`. */
export function block(name: string, attributes: BlockAttributes, html: string): string {
  const json = Object.keys(attributes).length === 0 ? '' : ` ${serializeAttributes(attributes)}`;
  return `<!-- wp:${name}${json} -->\n${html}\n<!-- /wp:${name} -->`;
}

/** A name as WordPress stores it. */
export function escapeName(name: string): string {
  return name.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Text for HTML content. What could open a shortcode too: WordPress would run `[gallery]` in an article about it. */
export function escapeText(text: string): string {
  return escapeName(text).replace(/\[(?=[a-z_/[])/gi, '&#091;');
}

/** A value between double quotes; shortcodes run inside attributes as well. */
export function escapeAttribute(value: string): string {
  return escapeText(value).replaceAll('"', '&quot;');
}

/**
 * Text of a code block: as core's `save` of core/code does, no `[` may open a shortcode, and no address may stand alone
 * on a line, which WordPress would turn into an embed.
 */
export function escapeCode(code: string): string {
  return escapeText(code)
    .replaceAll('[', '&#091;')
    .replace(/^(\s*https?:)\/\/(?=[^\s<>"]+\s*$)/gim, '$1&#047;&#047;');
}

/** Opening tag with its attributes in the order given; `undefined` leaves one out, `true` writes the bare name. */
export function openTag(name: string, attributes: Readonly<Record<string, string | true | undefined>> = {}): string {
  const parts = Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return value === true ? [` ${key}`] : [` ${key}="${escapeAttribute(value)}"`];
  });
  return `<${name}${parts.join('')}>`;
}
