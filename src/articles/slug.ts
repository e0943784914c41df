/** Search results show about 60 characters of an address. */
const maxLength = 60;
/**
 * WordPress keeps 200 bytes of an address, percent-encoded (core `sanitize_title_with_dashes`): 22 Chinese signs. What
 * is longer it cuts, in the middle of a word. Some bytes are left for a number behind it.
 */
const maxEncodedBytes = 190;

/** Marks that join, hide or turn what stands around them and are no letters: they leave no gap. */
const joiners = /\p{Cf}|\p{Variation_Selector}|\u20e3|['’]/gu;

/**
 * The address part of a title: lower-case letters and digits of any script, joined by hyphens, cut at a word. Latin
 * letters lose their accents, as WordPress does with them (ß becomes ss, ü becomes u). `article` where nothing is left.
 */
export function slugify(title: string): string {
  const plain = title
    .toWellFormed()
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .normalize('NFKD')
    .replace(/\p{Script=Latin}\p{Mn}+/gu, (letters) => letters.replace(/\p{Mn}/gu, ''))
    .normalize('NFC')
    .replace(joiners, '')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '-')
    // A mark without a letter before it is the rest of something that was removed.
    .replace(/(?<=^|-)\p{M}+/gu, '')
    .replace(/^-+|-+$/g, '');
  return cut(plain) || 'article';
}

function cut(slug: string): string {
  let end = 0;
  let bytes = 0;
  for (const sign of slug) {
    bytes += encodeURIComponent(sign).length;
    if (bytes > maxEncodedBytes || end + sign.length > maxLength) break;
    end += sign.length;
  }
  if (end === slug.length || slug[end] === '-') return slug.slice(0, end);
  const word = slug.lastIndexOf('-', end);
  // Scripts without spaces, and very long words, are cut between signs.
  return word > end / 3 ? slug.slice(0, word) : slug.slice(0, end);
}
