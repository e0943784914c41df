/**
 * Folds what copying, typesetting and models change without changing the words: Unicode compatibility forms, kinds of
 * white space, quotes, dashes and ellipses; drops soft hyphens and zero-width characters. Letters keep their case.
 */
export function normaliseForMatch(text: string): string {
  return (
    text
      // Before NFKC: a soft hyphen inside a ligature or a composed letter must not stand in the way.
      .replace(/[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2064\uFEFF\u180E]/gu, '')
      .normalize('NFKC')
      .replace(/[\u2018\u2019\u201A\u201B\u2032\u2035\u02BC\u00B4`\u2039\u203A]/gu, "'")
      .replace(/[\u201C-\u201F\u2033\u2036\u00AB\u00BB\u300C-\u300F]/gu, '"')
      .replace(/''/gu, '"')
      .replace(/[\u2010-\u2015\u2212\u2043\uFE58\uFE63]/gu, '-')
      .replace(/ ?-{2,} ?|(?<= )-(?= )/gu, (dash) => (dash === '-' ? '-' : ' - '))
      .replace(/\.{3,}/gu, '...')
      .replace(/\s+/gu, ' ')
      .trim()
  );
}

/**
 * Does `needle` stand in `haystack` word for word, after {@link normaliseForMatch}? It must begin and end at the border
 * of a word where the script has such borders: "cat" does not stand in "concatenate". An empty needle stands nowhere.
 */
export function containsVerbatim(haystack: string, needle: string): boolean {
  const text = normaliseForMatch(haystack);
  const wanted = normaliseForMatch(needle);
  if (!/[\p{L}\p{N}]/u.test(wanted)) return false;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (isBorder(text, at) && isBorder(text, at + wanted.length)) return true;
  }
  return false;
}

const letterOrDigit = /[\p{L}\p{M}\p{N}]/u;
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** Whether a word may begin or end between the characters before and after `at`. */
function isBorder(text: string, at: number): boolean {
  const before = lastCharacter(text.slice(Math.max(0, at - 2), at));
  const after = text.codePointAt(at);
  if (before === undefined || after === undefined) return true;
  const next = String.fromCodePoint(after);
  if (unspaced.test(before) || unspaced.test(next)) return true;
  return !(letterOrDigit.test(before) && letterOrDigit.test(next));
}

function lastCharacter(text: string): string | undefined {
  return [...text].at(-1);
}
