/** Longest slug that WordPress keeps whole is 200 bytes; search results show about 60 characters. */
const maxLength = 60;

/**
 * The address part of a title: lower-case letters and digits of any script, joined by hyphens, cut at a word. Latin
 * letters lose their accents, as WordPress does with them (ß becomes ss, ü becomes u).
 */
export function slugify(title: string): string {
  const plain = title
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .normalize('NFKD')
    .replace(/\p{Script=Latin}\p{Mn}+/gu, (letters) => letters.replace(/\p{Mn}/gu, ''))
    .normalize('NFC')
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  if (plain.length <= maxLength) return plain || 'article';
  const cut = plain.slice(0, maxLength + 1);
  const end = cut.lastIndexOf('-');
  return end > 20 ? cut.slice(0, end) : plain.slice(0, maxLength);
}
