/** Functions that fetch what they name. Without their name the declaration is invalid, and left out by the browser. */
const fetching = /^(-webkit-)?(image-set|src|image|cross-fade|element)$/i;
/** At-rules that fetch, or that mean nothing without what they would fetch. */
const dropped = /^@(import|font-face|charset|namespace)$/i;
const embedded = /^["']?data:image\/(png|gif|jpeg|webp|avif|svg\+xml)[;,]/i;

const quoted = /"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?/y;
const atRule = /@(?:[-\w]|\\[\s\S])+/y;
const word = /(?:[-\w]|\\[\s\S])+\(?/y;
const between = /[^"'@/\\\w-]+/y;

/**
 * A style sheet of a stranger without anything that it could fetch: imports, fonts and images by address are gone, those
 * that it brings along stay. What is meant as `</style>` is none any more. Takes time in proportion to its length.
 * The policy of the page that shows it forbids all of that as well; this is so that nothing is left to forbid.
 */
export function harmlessCss(css: string): string {
  let out = '';
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const [found] = pattern.exec(css) ?? [];
    if (found) at += found.length;
    return found || null;
  };
  /** Past a comment or a string, if one begins here; null where it does not. */
  const skipped = (): string | null => {
    if (!css.startsWith('/*', at)) return take(quoted);
    const end = css.indexOf('*/', at + 2);
    at = end === -1 ? css.length : end + 2;
    return '';
  };
  /** Past a rule: to its semicolon, or to the end of its block. */
  const skipRule = () => {
    for (let depth = 0; at < css.length; ) {
      if (skipped() !== null) continue;
      const sign = css[at++];
      if (sign === '{') depth++;
      else if (sign === '}' && --depth <= 0) return;
      else if (sign === ';' && depth === 0) return;
    }
  };
  /** What stands in the brackets of `url(`, whose name has been read. */
  const address = (): string => {
    while (/\s/.test(css[at] ?? '')) at++;
    const string = take(quoted);
    const end = css.indexOf(')', at);
    const rest = css.slice(at, end === -1 ? css.length : end);
    at = end === -1 ? css.length : end + 1;
    return (string ?? rest).trim();
  };
  while (at < css.length) {
    const string = skipped();
    if (string !== null) {
      out += string === '' ? ' ' : string;
      continue;
    }
    const rule = take(atRule);
    if (rule !== null) {
      // An escape in a name has no other use than to hide it.
      if (dropped.test(rule) || rule.includes('\\')) skipRule();
      else out += rule;
      continue;
    }
    const name = take(word);
    if (name === null) {
      // What is left is a slash that begins no comment, or an @ or backslash at the end.
      out += take(between) ?? css[at++];
    } else if (!name.endsWith('(')) {
      out += name;
    } else if (/^url\($/i.test(name)) {
      const wanted = address();
      out += embedded.test(wanted) ? `url(${wanted})` : 'url("data:,")';
    } else if (fetching.test(name.slice(0, -1)) || name.includes('\\')) {
      out += `none-${name.replaceAll('\\', '')}`;
    } else out += name;
  }
  return out.replaceAll('</', '<\\/');
}
