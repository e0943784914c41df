import { globSync, readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import ts from 'typescript';

/*
 * Every place where code of the product waits is made to report itself, so that a test can let a worker die there. Whoever
 * waits at it calls the hooks that `mortal-life.ts` puts under `globalThis.__awaits`:
 *
 *   await X              (await __awaits.before(site), await __awaits.after(site, X))
 *   for await (… of X)   for await (… of __awaits.each(site, X))
 *   setTimeout(…)        __awaits.setTimeout(…)                                                      likewise setInterval
 *   Promise.all([X, Y])  Promise.all([__awaits.after(siteOfX, X), __awaits.after(siteOfY, Y)])   likewise race, any, allSettled
 */

/** A place where code waits: its id says where and at what, so that it stays the same when lines move. */
export type Site = string;

const root = new URL('../../', import.meta.url).pathname;

/** Kept out: it orders the calls to a process that the workers of one test share, and dies with none of them. */
export const sharedFiles: readonly string[] = ['src/knowledge/isolated-worker.ts'];

/** The path of a module from the root of the repository, with slashes. */
export const pathOf = (file: string) => relative(root, file).split(sep).join('/');

/** Every file of the product that waits anywhere. */
export function productFiles(): string[] {
  const files = globSync('src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts', '**/__fixtures__/**'] });
  return files.map((file) => file.split(sep).join('/')).filter((file) => !sharedFiles.includes(file));
}

/** The places where a file waits, in the order in which they stand in it. */
export function sitesOf(file: string): Site[] {
  return instrument(readFileSync(new URL(file, new URL('../../', import.meta.url)), 'utf8'), file).sites;
}

/** What a place is called that is handed over to be waited for with others: it has begun by then. */
const handedOver = 'handed over ';

/** Whether a worker can die at a place before what is waited for begins. */
export const hasBefore = (site: Site) => !site.includes(`: ${handedOver}`);

/** Makes the places where `code` waits report themselves; lines stay where they are. */
export function instrument(code: string, file: string): { code: string; sites: Site[] } {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const insertions: { at: number; text: string; order: number }[] = [];
  const counts = new Map<string, number>();
  const sites: Site[] = [];

  const siteOf = (node: ts.Node, kind = ''): Site => {
    const words = node.getText(source).replace(/\s+/g, ' ');
    const name = `${file} › ${placeOf(node)}: ${kind}${words.length > 90 ? `${words.slice(0, 90)}…` : words}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const site = count === 1 ? name : `${name} #${count}`;
    sites.push(site);
    return site;
  };
  // Of several that begin at one place the outermost comes first, of several that end there the innermost.
  let order = 0;
  const wrap = (node: ts.Node, before: string, after: string) => {
    order += 1;
    insertions.push({ at: node.getStart(source), text: before, order });
    insertions.push({ at: node.getEnd(), text: after, order: -order });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isAwaitExpression(node)) {
      const site = JSON.stringify(siteOf(node));
      wrap(node, `(await __awaits.before(${site}), `, ')');
      wrap(node.expression, `__awaits.after(${site}, `, ')');
    } else if (ts.isForOfStatement(node) && node.awaitModifier) {
      wrap(node.expression, `__awaits.each(${JSON.stringify(siteOf(node.expression))}, `, ')');
    } else if (
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      /^set(Timeout|Interval)$/.test(node.expression.text)
    ) {
      wrap(node.expression, '__awaits.', '');
    } else if (
      ts.isCallExpression(node) &&
      /^Promise\.(all|race|any|allSettled)$/.test(node.expression.getText(source))
    ) {
      const [list] = node.arguments;
      if (list && ts.isArrayLiteralExpression(list)) {
        for (const element of list.elements) {
          if (ts.isSpreadElement(element)) continue;
          wrap(element, `__awaits.after(${JSON.stringify(siteOf(element, handedOver))}, `, ')');
        }
      }
    } else if (
      ts.isVariableDeclarationList(node) &&
      (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing
    ) {
      throw new Error(`${file}: "await using" has no hook yet; add one to test/awaits/instrument.ts.`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);

  insertions.sort((a, b) => a.at - b.at || a.order - b.order);
  let result = '';
  let from = 0;
  for (const { at, text } of insertions) {
    result += code.slice(from, at) + text;
    from = at;
  }
  return { code: result + code.slice(from), sites };
}

/** The functions around a node, the outermost first. */
function placeOf(node: ts.Node): string {
  const names: string[] = [];
  for (let up = node.parent; up; up = up.parent) {
    const named =
      (ts.isFunctionDeclaration(up) || ts.isMethodDeclaration(up) || ts.isVariableDeclaration(up)) && up.name;
    if (named && (!ts.isVariableDeclaration(up) || isFunction(up.initializer))) names.unshift(named.getText());
    else if (ts.isPropertyAssignment(up) && isFunction(up.initializer)) names.unshift(up.name.getText());
  }
  return names.join('.') || 'module';
}

const isFunction = (node: ts.Node | undefined) =>
  node !== undefined && (ts.isArrowFunction(node) || ts.isFunctionExpression(node));

/** For Vite: instruments the product as it is loaded. */
export function instrumentAwaits() {
  return {
    name: 'instrument-awaits',
    enforce: 'pre' as const,
    transform(code: string, id: string) {
      const file = pathOf(id.split('?')[0] ?? id);
      if (!file.startsWith('src/') || !file.endsWith('.ts') || file.endsWith('.test.ts') || sharedFiles.includes(file))
        return null;
      return { code: instrument(code, file).code, map: null };
    },
  };
}
