/**
 * What in a guide stands for something that is another one each time: `019b6f3a…`, `bp_5fX0Wq…`, or an address such as
 * http://localhost:3000. Whoever sees it first says what it stands for; from then on it stands for that.
 */
export type Meanings = Map<string, string>;

/** A value that is cut off: a digit or a sign in it tells it from words, and it is no piece of an address. */
const cutValue = /(?<![\w+/.:-])(?=[\w+/.-]*[\d_])[\w+/.-]{6,}…/g;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** A text of the guide with everything in it that is known by now in the place of what stands for it. */
export function fillIn(text: string, meanings: Meanings): string {
  const byLength = [...meanings].sort(([one], [other]) => other.length - one.length);
  return byLength.reduce((filled, [shown, actual]) => filled.replaceAll(shown, () => actual), text);
}

/** What an answer lacks of, or has besides, what the guide shows of it, a line each; `meanings` learns from it. */
export function differences(
  { form, text }: { form: 'json' | 'http' | 'text'; text: string },
  printed: string,
  meanings: Meanings,
): string[] {
  const shown = fillIn(text, meanings);
  if (form === 'text') return ofLines(shown, printed.trim(), meanings);
  if (form === 'json') return ofJson(shown, printed, meanings);
  return ofHttp(shown, printed, meanings);
}

/** The status line, each header that is shown, and the body. */
function ofHttp(shown: string, printed: string, meanings: Meanings): string[] {
  const [shownHead = '', shownBody = ''] = cutOnce(shown, '\n\n');
  const [head = '', body = ''] = cutOnce(printed.replaceAll('\r\n', '\n'), '\n\n');
  const lines = head.split('\n').map((line) => line.replace(/^[\w-]+:/, (name) => name.toLowerCase()));
  const missing = shownHead
    .split('\n')
    .filter((line) => line !== '…' && !lines.some((other) => ofLines(line, other, new Map(meanings)).length === 0))
    .map((line) => `not among the headers: ${line}\n${head}`);
  return [...missing, ...(shownBody === '' ? [] : ofJson(shownBody, body, meanings))];
}

function cutOnce(text: string, where: string): string[] {
  const at = text.indexOf(where);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + where.length)];
}

/** `…` stands for the rest of a line, in a line of its own for any lines, and at the end of a cut value for its rest. */
function ofLines(shown: string, printed: string, meanings: Meanings): string[] {
  const found: string[] = [];
  const pattern = shown
    .split('\n')
    .map((line) => {
      if (line.trim() === '…') return '[^]*?';
      let at = 0;
      let source = '';
      for (const { 0: cut, index } of line.matchAll(cutValue)) {
        const known = found.indexOf(cut);
        if (known < 0) found.push(cut);
        source += `${wild(line.slice(at, index))}${known < 0 ? '([^\\s",]+)' : `\\${known + 1}`}`;
        at = index + cut.length;
      }
      return source + wild(line.slice(at));
    })
    .join('\\n');
  const match = new RegExp(`^${pattern}$`).exec(printed);
  if (!match) return [`shown:\n${shown}\nprinted:\n${printed}`];
  found.forEach((cut, index) => {
    meanings.set(cut, match[index + 1] ?? '');
  });
  return [];
}

const wild = (text: string) =>
  text
    .split('…')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('[^\\n]*');

function ofJson(shown: string, printed: string, meanings: Meanings): string[] {
  let answer: unknown;
  try {
    answer = JSON.parse(printed);
  } catch {
    return [`no JSON was printed, but:\n${printed}`];
  }
  const found = compare(readShown(shown), answer, '', meanings);
  return found.length === 0 ? [] : [...found, `the answer:\n${JSON.stringify(answer, null, 2).slice(0, 4_000)}`];
}

/** JSON in which `…` stands for a value, for further members of an object, or for further elements of a list. */
function readShown(text: string): unknown {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+|[{}[\],:]/g) ?? [];
  const open: string[] = [];
  const written = tokens.map((token, index) => {
    if (token === '{' || token === '[') open.push(token);
    if (token === '}' || token === ']') open.pop();
    if (token !== '…') return token;
    const stands = tokens[index - 1];
    return open.at(-1) === '{' && stands !== ':' ? '"…": "…"' : '"…"';
  });
  return JSON.parse(written.join(' '));
}

function compare(shown: unknown, actual: unknown, path: string, meanings: Meanings): string[] {
  if (shown === '…') return [];
  if (typeof shown === 'string') return compareText(shown, actual, path, meanings);
  if (Array.isArray(shown)) return compareLists(shown, actual, path, meanings);
  if (typeof shown !== 'object' || shown === null) {
    return shown === actual ? [] : [`${path}: ${JSON.stringify(shown)} is shown, it is ${JSON.stringify(actual)}`];
  }
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return [`${path}: is no object`];
  const names = Object.keys(shown).filter((name) => name !== '…');
  const members = actual as Record<string, unknown>;
  const found = names.flatMap((name) =>
    Object.hasOwn(members, name)
      ? compare((shown as Record<string, unknown>)[name], members[name], `${path}.${name}`, meanings)
      : [`${path}.${name}: there is no such member`],
  );
  const others = Object.keys(members).filter((name) => !names.includes(name));
  if (Object.hasOwn(shown, '…')) return others.length > 0 ? found : [...found, `${path}: nothing is left out`];
  return [...found, ...others.map((name) => `${path}.${name}: is not shown, and no … stands for it`)];
}

function compareText(shown: string, actual: unknown, path: string, meanings: Meanings): string[] {
  if (typeof actual !== 'string') return [`${path}: "${shown}" is shown, it is ${JSON.stringify(actual)}`];
  if (time.test(shown)) return time.test(actual) ? [] : [`${path}: "${actual}" is no time`];
  const wrong = ofLines(shown, actual, meanings);
  return wrong.length === 0 ? [] : [`${path}: "${shown}" is shown, it is ${JSON.stringify(actual).slice(0, 1_000)}`];
}

function compareLists(shown: unknown[], actual: unknown, path: string, meanings: Meanings): string[] {
  if (!Array.isArray(actual)) return [`${path}: is no list`];
  const open = shown.at(-1) === '…';
  const elements = open ? shown.slice(0, -1) : shown;
  const enough = open ? actual.length > elements.length : actual.length === elements.length;
  const count = enough
    ? []
    : [`${path}: ${elements.length}${open ? ' and more' : ''} are shown, it has ${actual.length}`];
  return [...count, ...elements.flatMap((one, index) => compare(one, actual[index], `${path}[${index}]`, meanings))];
}
