const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  hellip: '…',
  ndash: '–',
  mdash: '—',
};

/** Text of what WordPress stores as HTML in names, titles and excerpts: the entities that it writes there are decoded. */
export function decodeEntities(html: string): string {
  return html.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z]{2,6}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[String(name).toLowerCase()] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : whole;
  });
}

/** Two texts that a reader takes for the same: entities, white space and the form of letters aside. */
export function sameText(html: string, text: string): boolean {
  return plain(html) === plain(text);
}

function plain(html: string): string {
  return decodeEntities(html).normalize('NFC').replace(/\s+/g, ' ').trim();
}
