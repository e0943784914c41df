import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { settingNames } from '../../src/config.ts';
import { english, sampleTexts } from '../catalogue.ts';
import { runCommand } from '../command-line.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const documents = globSync(['*.md', 'docs/*.md', 'docs/decisions/*.md'], { cwd: root }).sort();
const described: { paths: Record<string, Record<string, unknown>> } = JSON.parse(read('openapi.json'));
const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));

/** A document taken apart. */
function parsed(file: string) {
  const tree = fromMarkdown(read(file), { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  return [...everyNode(tree)];
}

function* everyNode(node: Nodes): Generator<Nodes> {
  yield node;
  if ('children' in node) for (const child of node.children) yield* everyNode(child);
}

function textOf(node: Nodes): string {
  if ('value' in node) return node.value;
  return 'children' in node ? node.children.map(textOf).join('') : '';
}

/** The names that GitHub gives headings: lower case, without signs, with hyphens for spaces, numbered when they repeat. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const node of parsed(file)) {
    if (node.type !== 'heading') continue;
    const name = textOf(node)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = name;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${name}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Inline code and the lines of code blocks, with what kind of block they stand in. */
function codeOf(file: string): { text: string; block: string | null }[] {
  return parsed(file).flatMap((node) => {
    if (node.type === 'inlineCode') return [{ text: node.value, block: null as string | null }];
    if (node.type !== 'code') return [];
    return node.value.split('\n').map((text) => ({ text, block: (node.lang ?? '') as string | null }));
  });
}

describe.each(documents)('%s', (file) => {
  it('links to files and headings that are there', () => {
    const dead = parsed(file).flatMap((node) => {
      if (node.type !== 'link' && node.type !== 'image' && node.type !== 'definition') return [];
      if (/^[a-z]+:/.test(node.url)) return [];
      const [path = '', anchor] = decodeURI(node.url).split('#');
      const target = path === '' ? file : relative(root, join(root, dirname(file), path));
      if (!existsSync(join(root, target))) return [`${node.url}: there is no ${target}`];
      return anchor && !anchorsOf(target).has(anchor) ? [`${node.url}: ${target} has no such heading`] : [];
    });
    expect(dead).toEqual([]);
  });

  it('names commands, scripts and routes that there are', async () => {
    const unknown: string[] = [];
    for (const { text, block } of codeOf(file)) {
      for (const line of commandLines(text)) unknown.push(...(await whatIsWrong(line)));
      for (const [, script = ''] of text.matchAll(/\bnpm run (?:-s |--silent )?([\w:-]+)/g)) {
        if (!Object.hasOwn(scripts, script)) unknown.push(`npm run ${script}`);
      }
      const route = block === null ? /^(GET|POST|PUT|PATCH|DELETE) (\/[\w/:{}-]+)/.exec(text) : null;
      if (route && !isDescribed(route[1] ?? '', route[2] ?? '')) unknown.push(route[0]);
    }
    expect(unknown).toEqual([]);
  });

  it('names settings that there are', () => {
    const own = new Set([...read(file).matchAll(/^export ([A-Z_]+)=/gm)].map(([, name]) => name));
    const names = codeOf(file).flatMap(
      ({ text }) => text.match(/(?<![\w$}-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-])/g) ?? [],
    );
    const unknown = [...new Set(names)].filter(
      (name) => !own.has(name) && !settingNames.includes(name) && !isReadElsewhere(name),
    );
    expect(unknown).toEqual([]);
  });
});

describe('pictures', () => {
  const shown = documents.flatMap((file) =>
    parsed(file).flatMap((node) =>
      node.type === 'image' ? [{ file, alt: node.alt ?? '', path: join(dirname(file), node.url) }] : [],
    ),
  );

  it('say what they show to those who do not see them', () => {
    expect(shown.length).toBeGreaterThan(8);
    expect(shown.filter(({ alt }) => alt.length < 20)).toEqual([]);
  });

  it('are all shown somewhere, and small enough for everybody who fetches them', () => {
    const files = globSync('docs/screenshots/*', { cwd: root }).sort();
    expect([...new Set(shown.map(({ path }) => path))].sort()).toEqual(files);
    expect(files.filter((path) => statSync(join(root, path)).size > 150_000)).toEqual([]);
  });
});

describe('docs/guide.md', () => {
  it('calls pages and buttons what they are called there', () => {
    const said = new Set([...english.values()].flatMap(sampleTexts).map((text) => text.replace(/[.:]$/, '')));
    const named = parsed('docs/guide.md').flatMap((node) => (node.type === 'emphasis' ? [textOf(node)] : []));
    const words = [...new Set(named.flatMap((name) => name.split(', ')))];
    expect(words.length).toBeGreaterThan(60);
    expect(words.filter((word) => !said.has(word) && !otherWords.has(word))).toEqual([]);
  });
});

describe('the documents together', () => {
  it('are all reached from the README, by links', () => {
    const reached = new Set<string>();
    const follow = (file: string) => {
      if (reached.has(file) || !file.endsWith('.md') || !existsSync(join(root, file))) return;
      reached.add(file);
      for (const node of parsed(file)) {
        if (node.type === 'link') follow(relative(root, join(root, dirname(file), node.url.split('#')[0] ?? '')));
      }
    };
    follow('README.md');
    const isDecision = (file: string) => file.startsWith('docs/decisions/');
    expect(documents.filter((file) => !reached.has(file) && !isDecision(file))).toEqual([]);
    expect(read('README.md')).toContain('(docs/decisions/)');
  });

  it('explain every setting', () => {
    const all = documents.map(read).join('\n');
    expect(
      settingNames.filter((name) => name !== 'PATH' && !all.includes(`\`${name}`) && !all.includes(`${name}=`)),
    ).toEqual([]);
  });
});

/** The command lines of ours in a piece of code, without the words by which they are called. */
function commandLines(code: string): string[] {
  return [...code.matchAll(/(?:npm run -s bp --|^(?:[A-Z_]+=\S+ )*blog-poster|; blog-poster) ([^#|<>;&]+)/g)].map(
    ([, words]) => words ?? '',
  );
}

/** What the help of a command says, read once; null where there is no such command. */
const helps = new Map<string, Promise<string | null>>();
function helpOf(command: string): Promise<string | null> {
  const known = helps.get(command);
  if (known) return known;
  const help = runCommand({}, [...command.split(' ').filter(Boolean), '--help']).then(({ status, out }) =>
    status === 0 && out.startsWith(`Usage: ${`blog-poster ${command}`.trim()} `) ? out : null,
  );
  helps.set(command, help);
  return help;
}

/** Commands and options of a line that its help does not know. */
async function whatIsWrong(line: string): Promise<string[]> {
  const words = line.trim().split(/\s+/);
  let command = '';
  for (;;) {
    const [word = ''] = words;
    const help = await helpOf(command);
    const listed = help?.split('Commands:')[1] ?? '';
    const below = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name);
    // COMMAND stands for any.
    if (below.length === 0 || /^(\W|<|COMMAND$|$)/.test(word)) break;
    const next = `${command} ${word}`.trim();
    if (!below.includes(word)) return [`blog-poster ${next}`];
    command = next;
    words.shift();
  }
  const help = (await helpOf(command)) ?? '';
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/[=\]].*/, ''));
  return options.filter((option) => !help.includes(option)).map((option) => `blog-poster ${command} ${option}`);
}

/** Whether the description of the API has the route; `/api/v1` may be left out, and `:id`, `ID` and `{id}` are the same. */
function isDescribed(method: string, path: string): boolean {
  const shape = (one: string) => one.replace(/\{\w+\}|:\w+|(?<=\/)[A-Z]+(?=\/|$)/g, '*');
  return Object.entries(described.paths).some(
    ([known, methods]) =>
      Object.hasOwn(methods, method.toLowerCase()) &&
      [known, known.replace(/^\/api\/v1/, '')].map(shape).includes(shape(path)),
  );
}

/** What the guide sets apart besides the words of the web app: keys, words of WordPress, and of the API. */
const otherWords = new Set([
  ...['g', 'Ctrl-S', 'Alt-F10', 'Language: Deutsch', 'Users -> Profile'],
  ...['Searching for sources', 'budget', 'limit', 'Estimated', 'default model'],
]);

/** Variables of other programs, and where ours that are none of the server are read. */
const elsewhere: Record<string, string> = {
  WP_ENVIRONMENT_TYPE: 'WordPress',
  WP_POST_REVISIONS: 'WordPress',
  NODE_EXTRA_CA_CERTS: 'Node',
};
const readers = globSync(
  ['deploy/**/*', '.github/**/*', '.ci/*', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*', '*.config.ts'],
  {
    cwd: root,
  },
)
  .filter((file) => statSync(join(root, file)).isFile())
  .map(read)
  .join('\n');
const isReadElsewhere = (name: string) => Object.hasOwn(elsewhere, name) || new RegExp(`\\b${name}\\b`).test(readers);
