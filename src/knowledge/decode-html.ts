import { guessCharset } from './guess-charset.ts';
import { utf16Order } from './sniff.ts';

/**
 * Bytes of a page as text. In the order of the HTML standard a byte order mark counts, then the charset of the
 * Content-Type header, then a <meta> or XML declaration within the first 4096 bytes, then UTF-8. Unlike a browser it does
 * not believe a declaration that the bytes contradict: a server's default charset is often not that of its pages, and a
 * text of wrong letters could be cited.
 */
export function decodeHtml(bytes: Uint8Array, contentType: string | null): string {
  return new TextDecoder(encodingOf(bytes, contentType)).decode(bytes);
}

/** The label of the encoding that {@link decodeHtml} reads bytes in. */
export function encodingOf(bytes: Uint8Array, contentType: string | null): string {
  const mark = byteOrderMark(bytes) ?? utf16Order(bytes);
  if (mark !== null) return mark;
  const declared = [known(charsetOf(contentType)), known(metaCharset(bytes))].filter((label) => label !== null);
  const multibyte = countUtf8(bytes);
  // A text in another encoding does not form several valid sequences of UTF-8 and not one broken one by chance.
  const isUtf8 = multibyte.broken === 0 ? multibyte.valid > 3 : multibyte.valid > 3 * multibyte.broken;
  if (isUtf8 || (multibyte.broken === 0 && declared.length === 0)) return 'utf-8';

  for (const label of declared) {
    if (label === 'utf-8') {
      if (multibyte.broken === 0) return label;
      continue;
    }
    // "Latin 1" is what servers say of every page when nobody told them; letters of another script give that away.
    const other = label === 'windows-1252' ? guessCharset(bytes) : null;
    return other ?? label;
  }
  return guessCharset(bytes) ?? 'windows-1252';
}

/** How many characters beyond ASCII a text holds that are proper UTF-8, and how many places are not; in one pass. */
function countUtf8(bytes: Uint8Array): { valid: number; broken: number } {
  let valid = 0;
  let broken = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) continue;
    const following =
      byte >= 0xc2 && byte <= 0xdf ? 1 : byte >= 0xe0 && byte <= 0xef ? 2 : byte >= 0xf0 && byte <= 0xf4 ? 3 : 0;
    let found = 0;
    while (found < following && ((bytes[at + 1 + found] ?? 0) & 0xc0) === 0x80) found++;
    // A character that is cut off where a text in UTF-8 ends is nobody's mistake.
    const cut = at + found + 1 >= bytes.length && following > 0 && valid > 0;
    if (following > 0 && found === following) valid++;
    else if (!cut) broken++;
    at += found;
  }
  return { valid, broken };
}

function byteOrderMark(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return null;
}

function charsetOf(contentType: string | null): string | null {
  return /charset\s*=\s*["']?([^\s"';]+)/i.exec(contentType ?? '')?.[1] ?? null;
}

function metaCharset(bytes: Uint8Array): string | null {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 4096));
  const label =
    /<meta[^>]{0,300}?charset\s*=\s*["']?\s*([^\s"'/>;]+)/i.exec(head)?.[1] ??
    /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']+)/i.exec(head)?.[1];
  // A declaration that could be read as ASCII cannot be UTF-16, whatever it says (HTML standard, 13.2.3.2).
  return label !== undefined && /^utf-?16/i.test(label) ? 'utf-8' : (label ?? null);
}

/** The label when it names an encoding that TextDecoder knows, else null. */
function known(label: string | null): string | null {
  if (label === null) return null;
  try {
    const { encoding } = new TextDecoder(label);
    // "UTF-16" in a header, with bytes that are none: utf16Order has looked.
    return encoding.startsWith('utf-16') ? 'utf-8' : encoding;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
