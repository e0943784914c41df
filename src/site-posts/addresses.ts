/**
 * What two spellings of one address have in common: without scheme, fragment and closing slash, in lower case, and with
 * letters of any script as letters.
 */
export function addressKey(address: string): string {
  const url = URL.parse(address);
  if (!url) return '';
  return decoded(`${url.host}${url.pathname.replace(/\/+$/, '')}${url.search}`).toLowerCase();
}

/** The same as the database can compute it of a stored address, for comparing with {@link encodedKey}. */
export function encodedKey(address: string): string {
  const url = URL.parse(address);
  return url ? `${url.host}${url.pathname.replace(/\/+$/, '')}${url.search}`.toLowerCase() : '';
}

function decoded(text: string): string {
  try {
    return decodeURI(text);
  } catch (error) {
    // A stray percent sign: then it stays as it is.
    if (error instanceof URIError) return text;
    throw error;
  }
}

const link = /https?:\/\/[^\s<>"'`\])]+/gi;

/**
 * The web addresses that a text in Markdown holds, each once and as written, without what ends the sentence around one.
 */
export function addressesIn(markdown: string): string[] {
  const found = markdown.match(link) ?? [];
  return [...new Set(found.map((address) => address.replace(/[.,;:!?*_|\\]+$/, '')))];
}

/** The keys under which an address leads to the same post: as it is, and without what only counts visits. */
export function keysOf(address: string): string[] {
  const key = addressKey(address);
  const bare = key.replace(/[?&](?:utm_|fbclid|gclid|ref=).*$/, '').replace(/\/+$/, '');
  return bare === key ? [key] : [key, bare];
}
