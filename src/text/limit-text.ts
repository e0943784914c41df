const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Cuts a text at the last word that fits into `limit` characters (code points), without trailing punctuation. Texts
 * without spaces are cut between two characters as a reader sees them: an emoji or an accented letter stays whole.
 */
export function limitText(text: string, limit: number): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  if ([...plain].length <= limit) return plain;
  let cut = '';
  let length = 0;
  for (const { segment } of characters.segment(plain)) {
    length += [...segment].length;
    if (length > limit) break;
    cut += segment;
  }
  const space = cut.lastIndexOf(' ');
  const whole = plain[cut.length] === ' ' || space < cut.length / 2 ? cut : cut.slice(0, space);
  return whole.replace(/[\s,;:–—-]+$/u, '');
}
