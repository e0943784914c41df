const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();

/**
 * How well `text` (with other words for it in `also`) answers what was typed: 0 when a word of it is missing, more the
 * earlier the words stand, most where the text begins with them. Accents and case do not count.
 */
export function worthOf(typed: string, text: string, also = ''): number {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  const label = plain(text);
  const all = `${label} ${plain(also)}`;
  let sum = 0;
  for (const word of words) {
    const at = all.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word));
    if (!at) return 0;
    sum += label.includes(word) ? 2 : 1;
  }
  return label.startsWith(plain(typed).trim()) ? sum + 2 : sum;
}
