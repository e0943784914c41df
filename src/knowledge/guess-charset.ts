/**
 * Old encodings that pages use without saying so, each with letters that make up a good part of any text in it and
 * `share`, the least part of all its letters outside ASCII that these have in real text.
 */
const candidates: { label: string; common: RegExp; share: number }[] = [
  { label: 'shift_jis', common: /[のにはをたがでてとしれさいるこなもあうかくきらりっまそ]/g, share: 0.25 },
  { label: 'euc-jp', common: /[のにはをたがでてとしれさいるこなもあうかくきらりっまそ]/g, share: 0.25 },
  {
    label: 'gb18030',
    common: /[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能用件系统]/g,
    share: 0.12,
  },
  {
    label: 'big5',
    common: /[的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能用件系統]/g,
    share: 0.12,
  },
  { label: 'euc-kr', common: /[이다는을의에가한고로하를지은기도있사해시어서자]/g, share: 0.25 },
  { label: 'koi8-r', common: /[оеаинтсрвлк]/g, share: 0.55 },
  { label: 'windows-1251', common: /[оеаинтсрвлк]/g, share: 0.55 },
  { label: 'windows-1253', common: /[αοιετσνρυκ]/g, share: 0.5 },
];

/**
 * The encoding of bytes that are not UTF-8, by the letters that each candidate would give; null when none is convincing,
 * which for a page of the West means windows-1252. Looks at no more than the first 200 KB.
 */
export function guessCharset(bytes: Uint8Array): string | null {
  const sample = withoutMarkup(bytes.subarray(0, 200_000));
  let best: { label: string; score: number } | null = null;
  for (const { label, common, share } of candidates) {
    const text = new TextDecoder(label).decode(sample);
    const letters = text.match(/[^\p{ASCII}\p{P}\p{Z}\p{S}\p{C}]/gu)?.length ?? 0;
    const broken = text.match(/[\uFFFD\uFF61-\uFF9F\p{Co}]/gu)?.length ?? 0;
    if (letters < 8 || broken > letters / 50) continue;
    const score = (text.match(common)?.length ?? 0) / letters / share;
    if (score >= 1 && score > (best?.score ?? 0)) best = { label, score };
  }
  return best?.label ?? null;
}

/** Tags are ASCII in all of these encodings; their content (scripts, long addresses) would only dilute the sample. */
function withoutMarkup(bytes: Uint8Array): Uint8Array {
  const kept = new Uint8Array(bytes.length);
  let length = 0;
  let inTag = false;
  for (const byte of bytes) {
    if (byte === 0x3c) inTag = true;
    if (!inTag) kept[length++] = byte;
    if (byte === 0x3e) inTag = false;
  }
  return kept.subarray(0, length);
}
