import type { Element, Nodes } from 'hast';
import { renderMarkdown } from '../src/articles/markdown.ts';
import { toBlocks } from '../src/wordpress/blocks.ts';

/**
 * Everything the writer can make, and what people write by hand; each stands as the first block of a post once. That no
 * element of an article and no block is missing is seen by `src/wordpress/blocks.test.ts`; that WordPress and its editor
 * take all of them as they are by `test/services/wordpress.test.ts`.
 */
export const constructs: readonly string[] = [
  'A *b* **c** `d` ~~e~~ [l](https://a.example/?a=1&b=2 "t") <kbd>k</kbd> x<br>y  \nz & < > "q" \'r\' [gallery] [1] C:\\new\\u0041\nH<sub>2</sub>O <mark>m</mark>',
  '# H1\n\n## H2 `x` & [l](/a)\n\n### H3\n\n#### H4\n\n##### H5\n\n###### H6',
  '- a\n- b\n  - c\n    1. d\n    2. e\n- f\n\n3. x\n4. y\n\n- [ ] todo\n- [x] done',
  '- loose\n\n  second\n\n- b',
  '1. step\n\n   ```sh\n   ls\n   ```\n2. next',
  '> quote\n> more\n>\n> - l\n>\n> > inner',
  '```php\n<?php echo "[gallery]" && 1 < 2; // C:\\new\nhttps://x.example/y\n-- a -->\n```',
  '    indented code\n      deeper',
  '<pre>pre <b>b</b>\n  x</pre>',
  '| a | b | c |\n|:--|:-:|--:|\n| 1 | **2** | `a\\|b` |\n| x | | z |',
  '| only | head |\n|---|---|',
  '***',
  '![alt "q"](https://x.example/a.png "A caption & more")\n\ntext ![i](https://x.example/i.png) inline\n\n[![l](https://x.example/l.png)](https://x.example/)',
  '<figure><img src="https://x.example/a.png" alt="z"><figcaption>Cap <em>e</em></figcaption></figure>',
  'Fact one.[^a] Two.[^b][^a]\n\n[^a]: Source [t](https://s.example/x), "quote".\n\n    second paragraph\n\n[^b]: <https://b.example>',
  '<details><summary>Sum</summary>\n\npara\n\n- l\n\n</details>',
  '<details open><summary>Sum</summary>text</details>',
  '<dl><dt>t</dt><dd>d</dd></dl>',
  '<div>loose <b>text</b><p>p</p></div>',
  '<a href="https://x.example"><h2>block in link</h2></a>',
  '<table><tr><th scope="row">a</th><td colspan="2">b</td></tr></table>',
  '<table><tr><td><ul><li>a</li></ul></td></tr></table>',
  '<ol reversed start="5"><li>a</li></ol>',
  '- ![x](https://x.example/a.png) with\n- **b**: c',
  'a[^x]\n\n[^x]: - list',
  'Unicode “quotes” — dash -- double, emoji 😀 漢字 \u00a0nbsp',
  'Also <i>i</i>, <ins>new</ins>, <q>quoted</q>, <s>gone</s>, <samp>out</samp>, <small>small</small>, <u>u</u>, <var>v</var>, <cite>work</cite>, <span lang="de" title="t">wort</span>, <strong>s</strong> and <em>e</em>.',
  '## A heading twice\n\n## A heading twice\n\n<h3 lang="de">Und *eine* mehr</h3>',
  '<table><thead><tr><th>h</th></tr></thead><tbody><tr><td>b</td></tr></tbody><tfoot><tr><td>f</td></tr></tfoot></table>',
  '![In the library](https://x.example/library-7.png "With a caption")\n\n[![linked](https://x.example/library-8.png)](https://x.example/)\n\nand ![small](https://x.example/library-9.png) in text',
  'https://www.youtube.com/watch?v=abcdefghijk\n\n<https://x.example/alone>\n\nsee https://x.example/there or www.x.example',
  'https\\://www.youtube.com/watch?v=abcdefghijk\n\n<p>https\\://www.youtube.com/watch?v=lmnopqrstuv</p>',
  '\\<script>alert(1)\\</script> &lt;!-- wp:html --&gt; &amp;amp; &lt;img onerror=x&gt; \\--> ]]&gt; %s {{x}}',
  '<!-- a comment --><script>alert(1)</script>\n\n<iframe src="https://x.example"></iframe>\n\nwhat is left',
  '<section>in a section <p>with a paragraph</p></section>\n\n<figure><p>no picture</p><figcaption>but a caption</figcaption></figure>',
  '- [ ] open\n  - [x] done *inside*\n    1. deeper\n       - deepest\n- plain `code` and [link](https://x.example)',
  '1. one\n\n   > quoted\n\n2. two\n\n   | a |\n   |---|\n   | b |',
  '> ## in a quote\n>\n> | a |\n> |---|\n> | b |\n>\n> ```\n> code\n> ```\n>\n> ![p](https://x.example/p.png)',
  '<details><summary>A <em>long</em> one</summary>\n\n## Inside\n\n| a |\n|---|\n| b |\n\n<details><summary>Nested</summary>x</details>\n\n</details>',
  'A line  \nand another\\\nand a third<br>and a fourth with trailing space \n',
  '`` `tick` `` and `a  b` and ``a`b``',
  '````md\n```js\nfenced\n```\n````',
  '~~~\n\n  blank lines\n\n\n  and spaces\n~~~',
  'Many notes.[^m][^n]\n\n[^m]: First, with [a page](https://s.example/y "Title").\n[^n]: Second, on *[another](https://s.example/z)*.\n\n    ```\n    quoted code\n    ```',
  'Right to left: <span dir="rtl">שלום</span>, <b lang="ar">مرحبا</b>.',
];

/** All of them as one article, their footnotes told apart. */
export const wholeArticle = constructs
  .map((markdown, index) => markdown.replace(/\[\^(\w)\]/g, `[^$1x${index}]`))
  .join('\n\n<!-- -->\n\n');

/** The tree of an article; images named `library-7` are the site's own by now, as after an upload. */
export function articleTree(markdown: string): ReturnType<typeof renderMarkdown>['tree'] {
  const { tree } = renderMarkdown(markdown);
  walk(tree, (image) => {
    const [, id] = /library-(\d+)/.exec(String(image.properties.src ?? '')) ?? [];
    if (image.tagName === 'img' && id) image.properties.dataMediaId = Number(id);
  });
  return tree;
}

/** The blocks of an article, as they are sent. */
export const blocksOf = (markdown: string, marker?: string): string =>
  toBlocks(articleTree(markdown), { publicationMarker: marker });

/** Calls `visit` with every element below a node. */
export function walk(node: Nodes, visit: (element: Element) => void): void {
  if (node.type === 'element') visit(node);
  if (node.type === 'element' || node.type === 'root') for (const child of node.children) walk(child, visit);
}

const inline = new Set(
  'a b cite code del em i img input ins kbd mark q s samp small span strong sub sup u var'.split(' '),
);

/**
 * Every word that a reader meets, in order and without regard to white space: of an article's tree or of what WordPress
 * makes of it. Signs that stand for something else count as what they stand for: the boxes of a task list, a picture's
 * description and caption, the way back from a footnote (once for each note, wherever it stands).
 */
export function wordsOf(root: Nodes): string[] {
  const parts: string[] = [];
  const read = (node: Nodes): void => {
    if (node.type === 'text') parts.push(node.value);
    if (node.type !== 'element' && node.type !== 'root') return;
    if (node.type === 'element') {
      const { tagName, properties } = node;
      if (tagName === 'script' || isWayBack(node)) return;
      if (tagName === 'input') parts.push(properties.checked ? '☑' : '☐');
      if (tagName === 'img') parts.push(` ${properties.alt ?? ''} ${properties.title ?? ''} `);
      if (!inline.has(tagName)) parts.push(' ');
    }
    for (const child of node.children) read(child);
    if (node.type === 'element' && !inline.has(node.tagName)) parts.push(' ');
  };
  read(root);
  return parts
    .join('')
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** Where the links of a text lead, in order, without the ways back from its footnotes. */
export function linksOf(root: Nodes): string[] {
  const links: string[] = [];
  walk(root, (element) => {
    if (element.tagName === 'a' && !isWayBack(element) && element.properties.href !== undefined)
      links.push(String(element.properties.href));
  });
  return links;
}

/** The arrow from a footnote to where it is cited. */
function isWayBack({ tagName, properties, children }: Element): boolean {
  const [only] = children;
  const arrow = only?.type === 'text' && /^[↑↩]/.test(only.value);
  return tagName === 'a' && arrow && String(properties.href).startsWith('#note-fnref-');
}
