/** Cuts a text at the last word that fits, without trailing punctuation; texts without spaces are cut at a character. */
export function limitText(text: string, characters: number): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  const points = [...plain];
  if (points.length <= characters) return plain;
  const cut = points.slice(0, characters).join('');
  const space = cut.lastIndexOf(' ');
  const whole = points[characters] === ' ' || space < characters / 2 ? cut : cut.slice(0, space);
  return whole.replace(/[\s,;:–—-]+$/u, '');
}
