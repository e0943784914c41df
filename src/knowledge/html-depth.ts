const voidElements = new Set(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr'.split(' '),
);
/** Their content is text up to their own end tag. */
const rawText = new Set('script style textarea title xmp iframe noembed noframes'.split(' '));
/** An element on the left is closed by the start of one on the right when it stands on top of the stack. */
const closedBy = new Map<string, Set<string>>(
  Object.entries({
    li: 'li',
    dt: 'dt dd',
    dd: 'dt dd',
    tr: 'tr tbody tfoot',
    th: 'th td tr',
    td: 'th td tr',
    thead: 'tbody tfoot',
    tbody: 'tbody tfoot',
    option: 'option optgroup',
    p: 'p address article aside blockquote details div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr main nav ol pre section table ul',
  }).map(([name, starters]) => [name, new Set(starters.split(' '))]),
);

/**
 * Whether elements are nested deeper than `cap`, found in one pass without building anything (about 10 ms a megabyte):
 * trees of many thousand levels take parsers and Readability minutes. It follows the end-tag rules that real pages
 * lean on (unclosed p, li, td), so that a long sloppy page does not count as a deep one. What it cannot foresee is left
 * to the kill timer.
 */
export function isDeeperThan(html: string, cap: number): boolean {
  const stack: string[] = [];
  let at = html.indexOf('<');
  while (at !== -1) {
    if (html.startsWith('<!--', at)) {
      const end = html.indexOf('-->', at + 4);
      if (end === -1) return false;
      at = html.indexOf('<', end);
      continue;
    }
    const closing = html[at + 1] === '/';
    const name = nameAt(html, at + (closing ? 2 : 1));
    if (name === '') {
      at = html.indexOf('<', at + 1);
      continue;
    }
    const end = tagEnd(html, at);
    if (end === -1) return false;
    if (closing) {
      const open = stack.lastIndexOf(name);
      if (open !== -1) stack.length = open;
    } else if (!voidElements.has(name)) {
      if (rawText.has(name)) {
        const close = endOfRawText(html, end, name);
        if (close === -1) return false;
        at = html.indexOf('<', close);
        continue;
      }
      const top = stack.at(-1);
      if (top !== undefined && closedBy.get(top)?.has(name)) stack.pop();
      // A cell implies the end of the cell and then of the row before it.
      if (name === 'tr' && stack.at(-1) === 'tr') stack.pop();
      stack.push(name);
      if (stack.length > cap) return true;
    }
    at = html.indexOf('<', end);
  }
  return false;
}

function nameAt(html: string, start: number): string {
  let end = start;
  while (end < html.length && end - start < 64 && /[a-zA-Z0-9:-]/.test(html.charAt(end))) end++;
  const name = html.slice(start, end);
  return /^[a-zA-Z]/.test(name) ? name.toLowerCase() : '';
}

/** The position of the `>` that ends the tag, past quoted attribute values; -1 when there is none. */
function tagEnd(html: string, start: number): number {
  for (let at = start + 1; at < html.length; at++) {
    const char = html[at];
    if (char === '>') return at;
    if ((char === '"' || char === "'") && html[at - 1] === '=') {
      at = html.indexOf(char, at + 1);
      if (at === -1) return -1;
    }
  }
  return -1;
}

function endOfRawText(html: string, start: number, name: string): number {
  const pattern = new RegExp(`</${name}[\\s/>]`, 'gi');
  pattern.lastIndex = start;
  return pattern.exec(html)?.index ?? -1;
}
