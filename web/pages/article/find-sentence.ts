/** A part of one text in a list of texts: from `start` up to and without `end`, in UTF-16 units. */
export interface Segment {
  index: number;
  start: number;
  end: number;
}

/**
 * Finds a sentence in a text that is cut into pieces (the text nodes of a page), whatever the white space, the shape of
 * quotes and dashes, and the cuts. Returns the pieces that it covers, or an empty list when it does not stand there.
 * `from` skips what was found before, for a sentence that stands there twice.
 */
export function findSentence(texts: readonly string[], sentence: string, from?: Segment): Segment[] {
  const page = fold(texts);
  const wanted = fold([sentence]).text;
  if (wanted === '') return [];
  const begin = from
    ? page.places.findIndex(
        (place) => place.index > from.index || (place.index === from.index && place.offset >= from.end),
      )
    : 0;
  if (begin < 0) return [];
  const at = page.text.indexOf(wanted, begin);
  if (at < 0) return [];
  const segments: Segment[] = [];
  for (const { index, offset } of page.places.slice(at, at + wanted.length)) {
    const last = segments.at(-1);
    if (last?.index === index) last.end = offset + 1;
    else {
      // Only white space can stand between two pieces: it belongs to the sentence.
      if (last) last.end = texts[last.index]?.length ?? last.end;
      segments.push({ index, start: last ? 0 : offset, end: offset + 1 });
    }
  }
  return segments;
}

interface Folded {
  /** Letters, digits and signs only: no white space, one shape of quotes and dashes, small letters. */
  text: string;
  /** Where each unit of `text` comes from. */
  places: { index: number; offset: number }[];
}

const shapes: Record<string, string> = {
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '‘': "'",
  '’': "'",
  '‚': "'",
  '–': '-',
  '—': '-',
  '‑': '-',
  '…': '...',
};

function fold(texts: readonly string[]): Folded {
  const folded: Folded = { text: '', places: [] };
  const parts: string[] = [];
  texts.forEach((text, index) => {
    for (let offset = 0; offset < text.length; offset += 1) {
      const unit = text.charAt(offset);
      if (/[\s\u00ad\u200b-\u200f\ufeff]/.test(unit)) continue;
      const plain = shapes[unit] ?? unit.toLowerCase();
      parts.push(plain);
      for (let copy = 0; copy < plain.length; copy += 1) folded.places.push({ index, offset });
    }
  });
  folded.text = parts.join('');
  return folded;
}

/** Cuts a text at a quote that stands in it: before, the quote as it stands there, after. Null when it does not. */
export function splitAtQuote(text: string, quote: string): { before: string; quote: string; after: string } | null {
  const [found] = findSentence([text], quote);
  if (!found) return null;
  return {
    before: text.slice(0, found.start),
    quote: text.slice(found.start, found.end),
    after: text.slice(found.end),
  };
}

/** The end of a text of at most `limit` characters, cut at a word; `…` marks the cut. */
export function tail(text: string, limit: number): string {
  return text.length <= limit ? text : `… ${text.slice(-limit).replace(/^\S*\s+/, '')}`;
}

/** The beginning of a text of at most `limit` characters, cut at a word; `…` marks the cut. */
export function head(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit).replace(/\s+\S*$/, '')} …`;
}
