// biome-ignore-all lint/suspicious/noControlCharactersInRegex: the first bytes of files hold control characters

/** What a file of bytes is, as far as its first bytes tell: something to read, or the name of what cannot be read. */
export type Sniffed = { kind: 'pdf' | 'gzip' | 'text' } | { kind: 'binary'; name: string };

const head = 4096;

/** First bytes in latin1 that give a format away, and what people call it. */
const signatures: [RegExp, string][] = [
  [/^\x89PNG\r\n/, 'a PNG picture'],
  [/^\xff\xd8\xff/, 'a JPEG picture'],
  [/^GIF8[79]a/, 'a GIF picture'],
  [/^RIFF[\s\S]{4}WEBP/, 'a WebP picture'],
  [/^BM[\s\S]{4}\0\0\0\0/, 'a BMP picture'],
  [/^(II\*\0|MM\0\*)/, 'a TIFF picture'],
  [/^\0\0[\x01\x02]\0[\x01-\x20]\0/, 'an icon'],
  [/^\0\0\0[\s\S]ftypavi[fs]/, 'an AVIF picture'],
  [/^\0\0\0[\s\S]ftyp(heic|heix|mif1)/, 'a HEIC picture'],
  [/^\0\0\0[\s\S]ftyp/, 'a film'],
  [/^(\x1aE\xdf\xa3|RIFF[\s\S]{4}AVI )/, 'a film'],
  [/^(ID3|\xff[\xfb\xf3\xf2]|OggS|fLaC|RIFF[\s\S]{4}WAVE)/, 'a sound file'],
  [/^PK\x03\x04[\s\S]{26}mimetypeapplication\/epub/, 'an EPUB book'],
  [/^PK\x03\x04[\s\S]{26}mimetypeapplication\/vnd\.oasis/, 'an OpenDocument file'],
  [/^PK\x03\x04[\s\S]{0,4000}word\//, 'a Word document'],
  [/^PK\x03\x04[\s\S]{0,4000}xl\//, 'an Excel workbook'],
  [/^PK\x03\x04[\s\S]{0,4000}ppt\//, 'a PowerPoint presentation'],
  [/^PK(\x03\x04|\x05\x06)/, 'a ZIP archive'],
  [/^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/, 'an old Word, Excel or PowerPoint file'],
  [/^\{\\rtf/, 'an RTF document'],
  [/^%!PS/, 'a PostScript file'],
  [/^7z\xbc\xaf\x27\x1c/, 'a 7-Zip archive'],
  [/^Rar!\x1a\x07/, 'a RAR archive'],
  [/^(BZh[1-9]1AY|\xfd7zXZ\0|\x28\xb5\x2f\xfd)/, 'a compressed file'],
  [/^(wOFF|wOF2|OTTO|\0\x01\0\0\0)/, 'a font'],
  [/^(\x7fELF|MZ[\s\S]{58}|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|\0asm)/, 'a program'],
  [/^SQLite format 3\0/, 'a database'],
];

/** True for a PDF, whose mark may stand anywhere in the first 1024 bytes (ISO 32000-1, annex H.3.4.1). */
export function isPdf(bytes: Uint8Array): boolean {
  return latin1(bytes, 1024).includes('%PDF-') && !/^\s*</.test(latin1(bytes, 64));
}

/** Tells text from everything else by the bytes alone: the Content-Type of a stranger is a claim. */
export function sniff(bytes: Uint8Array): Sniffed {
  if (isPdf(bytes)) return { kind: 'pdf' };
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return { kind: 'gzip' };
  const start = latin1(bytes, head);
  for (const [pattern, name] of signatures) if (pattern.test(start)) return { kind: 'binary', name };
  if (utf16Order(bytes) !== null) return { kind: 'text' };
  // The bytes that the MIME sniffing standard calls binary; a few strays do not make a page unreadable.
  const controls = start.match(/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/g)?.length ?? 0;
  return controls > start.length / 100 ? { kind: 'binary', name: 'binary data' } : { kind: 'text' };
}

/**
 * The byte order of text in UTF-16, by its mark or, without one, by zeros in every second byte; null for other text.
 * Only text that is mostly ASCII has these zeros, as every page with markup is.
 */
export function utf16Order(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  const length = Math.min(bytes.length, 512) & ~1;
  if (length < 16) return null;
  const zeros = [0, 0];
  for (let at = 0; at < length; at++) if (bytes[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros.map((count) => count / (length / 2));
  if (odd > 0.3 && even < 0.02) return 'utf-16le';
  if (even > 0.3 && odd < 0.02) return 'utf-16be';
  return null;
}

function latin1(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(length, bytes.length)).toString('latin1');
}
