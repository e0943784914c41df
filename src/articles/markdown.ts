import type { Element, Nodes, Parents, Root } from 'hast';
import type { Root as MarkdownRoot } from 'mdast';
import rehypeRaw from 'rehype-raw';
import rehypeSanitize, { type Options as Schema } from 'rehype-sanitize';
import rehypeSlug from 'rehype-slug';
import rehypeStringify from 'rehype-stringify';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';
import { AppError } from '../errors.ts';
import { remember } from '../text/remember.ts';

/** What an article's Markdown becomes: the sanitised tree (blocks, links and claims are read from it) and its HTML. */
export interface RenderedMarkdown {
  /** The Markdown as it was parsed, with the place of everything in it. */
  source: MarkdownRoot;
  tree: Root;
  html: string;
}

export interface RenderOptions {
  /** Heading above the footnotes; `Sources` unless the article is in another language. */
  sourcesLabel?: string;
  /** Host names whose links are the author's own: they get no `rel`. */
  ownHosts?: readonly string[];
}

/** Ids in the page begin with these, so that no heading or footnote can shadow a name that scripts look up. */
const notePrefix = 'note-';
const headingPrefix = 'section-';
/** Deeper nesting is no article; the recursive walkers below the parser need about 5,000 levels to run out of stack. */
const maxDepth = 200;
/** `[a](` repeated costs quadratic time: 20,000 of them (80 KB) 7.7 s, 5,000 half a second. */
const maxLinks = 5000;

/** Every element that an article can hold. */
export const articleTags: readonly string[] = (
  'a b blockquote br cite code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img input ins kbd li ' +
  'mark ol p pre q s samp section small span strong sub summary sup table tbody td tfoot th thead tr u ul var'
).split(' ');

/** An allow list of our own: the library's default lets `name`, `method`, `action` and free ids through. */
const schema: Schema = {
  tagNames: [...articleTags],
  attributes: {
    '*': ['lang', 'dir', 'title'],
    a: ['href', 'ariaLabel', 'dataFootnoteRef', 'dataFootnoteBackref', ['id', /^note-fnref-/]],
    li: [
      ['className', 'task-list-item'],
      ['id', /^note-fn-/],
    ],
    ul: [['className', 'contains-task-list']],
    ol: ['start', 'reversed', ['className', 'contains-task-list']],
    code: [['className', /^language-[\w+#.-]+$/]],
    section: ['dataFootnotes', ['className', 'footnotes'], ['dataKept', /^[\w/-]+ [\da-f]{16}$/]],
    img: ['src', 'alt', 'width', 'height'],
    input: [
      ['disabled', true],
      ['type', 'checkbox'],
      ['checked', true],
    ],
    details: ['open'],
    td: ['align', 'colSpan', 'rowSpan'],
    th: ['align', 'colSpan', 'rowSpan', 'scope'],
  },
  ancestors: {
    li: ['ol', 'ul'],
    tbody: ['table'],
    td: ['table'],
    tfoot: ['table'],
    th: ['table'],
    thead: ['table'],
    tr: ['table'],
  },
  // Ids are allowed only in the forms above, so nothing is left that would need a second prefix.
  clobber: [],
  protocols: { href: ['http', 'https', 'mailto'], src: ['http', 'https'] },
  required: { input: { disabled: true, type: 'checkbox' } },
  // Removed with all they hold; any other unknown element goes but leaves its text.
  strip:
    'script style iframe object embed template noscript noembed noframes svg math form select textarea title xmp'.split(
      ' ',
    ),
};

/**
 * Renders Markdown (CommonMark, GFM tables, task lists and footnotes, inline HTML) to a sanitised tree and HTML.
 * Nothing that runs survives: no script, handler, style, frame, form or invisible image, and links only to http, https, mailto or the
 * same site. Links to other hosts get `rel="noopener nofollow"`, those in the footnotes (citations) `rel="noopener"`.
 * Footnote ids are `note-fn-<id>` and `note-fnref-<id>`, heading ids `section-<slug>`.
 * @throws AppError invalid_request when it is nested deeper, or holds more links, than any article does.
 */
export function renderMarkdown(markdown: string, options: RenderOptions = {}): RenderedMarkdown {
  refuseHostileShapes(markdown);
  const processor = unified()
    .use(remarkParse)
    .use(remarkGfm)
    .use(() => showKeptBlocks)
    .use(remarkRehype, {
      allowDangerousHtml: true,
      clobberPrefix: notePrefix,
      footnoteLabel: options.sourcesLabel ?? 'Sources',
      footnoteLabelProperties: {},
    })
    .use(rehypeRaw)
    .use(rehypeSanitize, schema)
    .use(() => removePixels)
    .use(() => removeForeignPaths)
    .use(() => (tree: Root) => markLinks(tree, new Set(options.ownHosts ?? []), false))
    .use(rehypeSlug, { prefix: headingPrefix })
    .use(rehypeStringify);
  const source = processor.parse(markdown);
  const tree = processor.runSync(source);
  let html: string | undefined;
  return {
    source,
    tree,
    // Who only reads the tree does not pay for it.
    get html() {
      html ??= processor.stringify(tree);
      return html;
    },
  };
}

/**
 * {@link renderMarkdown} of a text, kept for whoever asks for it next: what someone writes is checked, saved and shown within
 * a second. Nothing of what it returns may be changed.
 */
export const renderedMarkdown = remember(
  8,
  (markdown): Readonly<RenderedMarkdown> => renderMarkdown(markdown),
  100_000,
);

/** A block of a post that Markdown has no form for, as the article names it. It holds nothing of the block itself. */
export interface KeptBlock {
  /** The kind of the block: `gallery`, `columns`. */
  name: string;
  /** The beginning of the SHA-256 of its markup on the site, in hexadecimal. */
  digest: string;
}
const keptMark = /^<!-- kept from the site: ([\w/-]{1,80}) ([\da-f]{16}) -->$/;

/** The comment that stands in Markdown for a block which is kept on the site as it is there. */
export const keptBlockMark = ({ name, digest }: KeptBlock): string => `<!-- kept from the site: ${name} ${digest} -->`;

/** The kept block that a piece of HTML in Markdown, or an element of the rendered tree, stands for; undefined for any other. */
export function keptBlockOf(node: { type: string; value?: string } | Element): KeptBlock | undefined {
  if (node.type === 'html') {
    const [, name, digest] = keptMark.exec('value' in node ? String(node.value).trim() : '') ?? [];
    return name && digest ? { name, digest } : undefined;
  }
  const [name, digest] =
    'properties' in node && node.tagName === 'section' ? String(node.properties.dataKept ?? '').split(' ') : [];
  return name && digest ? { name, digest } : undefined;
}

/** The blocks of a site that stand in a text, in their order. */
export function keptBlocksIn(markdown: string): KeptBlock[] {
  const { children } = unified().use(remarkParse).use(remarkGfm).parse(markdown);
  return children.flatMap((node) => keptBlockOf(node) ?? []);
}

/** Comments vanish from the page; those that stand for a block of the site show where it is. */
function showKeptBlocks(tree: MarkdownRoot): void {
  tree.children = tree.children.map((node) => {
    const kept = keptBlockOf(node);
    if (!kept) return node;
    const hProperties = { dataKept: `${kept.name} ${kept.digest}` };
    return { type: 'paragraph', position: node.position, data: { hName: 'section', hProperties }, children: [] };
  });
}

/** Refuses what would hold the process up. Only containers nest without end: a line's leading `>`, list marks and indentation, and open HTML elements. */
function refuseHostileShapes(markdown: string): void {
  if (markdown.split('](').length - 1 > maxLinks) {
    throw new AppError('invalid_request', `The text holds more than ${maxLinks} links.`, {
      hint: 'Split it over several articles.',
    });
  }
  const quoteOrList = /^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){200}/m;
  const indented = new RegExp(`^[ \\t]{${maxDepth * 2},}\\S`, 'm');
  let open = 0;
  let deepest = 0;
  for (const [, slash, selfClosing] of markdown.matchAll(/<(\/?)[a-z][^<>]*?(\/?)>/gi)) {
    if (slash) open = Math.max(0, open - 1);
    else if (!selfClosing) open += 1;
    deepest = Math.max(deepest, open);
  }
  // Void and unclosed elements (<br>, <li>, <p>) never close: allow many of them before calling it nesting.
  if (quoteOrList.test(markdown) || indented.test(markdown) || deepest > maxDepth * 5) {
    throw new AppError('invalid_request', `The text is nested more than ${maxDepth} levels deep.`, {
      hint: 'Flatten the quotes, lists or HTML elements and send it again.',
    });
  }
}

/** An image that nobody can see is there to count readers. */
function removePixels(node: Parents): void {
  const invisible = (value: unknown) => value !== null && value !== undefined && Number.parseFloat(String(value)) <= 2;
  node.children = node.children.filter(
    (child) =>
      child.type !== 'element' ||
      child.tagName !== 'img' ||
      !(invisible(child.properties.width) || invisible(child.properties.height)),
  ) as typeof node.children;
  for (const child of node.children) if (child.type === 'element') removePixels(child);
}

/** The address of an image that is kept here, as Markdown names it; the group is its id. */
const ownImage = /^\/api\/v1\/images\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\/file$/;

/** The id of an image that is kept here from its address in an article; null for any other. */
export function ownImageId(src: unknown): string | null {
  return typeof src === 'string' ? (ownImage.exec(src)?.[1] ?? null) : null;
}

/** The ids of the images that are kept here and stand in a Markdown text, each once. */
export function ownImagesIn(markdown: string): string[] {
  const found = markdown.matchAll(/\/api\/v1\/images\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\/file/g);
  return [...new Set([...found].map(([, id = '']) => id))];
}

/** Relative addresses of images lead nowhere once the text stands on a site; only those of our own images are known. */
function removeForeignPaths(node: Parents): void {
  for (const child of node.children) {
    if (child.type !== 'element') continue;
    const { src } = child.properties;
    if (child.tagName === 'img' && !(typeof src === 'string' && /^https?:\/\//i.test(src)) && !ownImageId(src)) {
      delete child.properties.src;
    }
    removeForeignPaths(child);
  }
}

function markLinks(node: Parents, ownHosts: ReadonlySet<string>, inFootnotes: boolean): void {
  for (const child of node.children) {
    if (child.type !== 'element') continue;
    if (child.tagName === 'a') {
      const rel = isExternal(child.properties.href, ownHosts)
        ? inFootnotes
          ? ['noopener']
          : ['noopener', 'nofollow']
        : [];
      if (rel.length > 0) child.properties.rel = rel;
    }
    markLinks(child, ownHosts, inFootnotes || isFootnotes(child));
  }
}

function isExternal(href: unknown, ownHosts: ReadonlySet<string>): boolean {
  if (typeof href !== 'string') return false;
  // A base that no link can name: whatever keeps it is a link within the site. `//host` and `/\host` do not.
  const url = URL.parse(href, 'https://same-site.invalid/');
  return (
    url === null ||
    (/^https?:$/.test(url.protocol) && url.hostname !== 'same-site.invalid' && !ownHosts.has(url.hostname))
  );
}

/** True for the section that holds the footnotes. */
export function isFootnotes(node: Element): boolean {
  return node.tagName === 'section' && 'dataFootnotes' in node.properties;
}

/** True for the raised number in the text that points at a footnote. */
export function isFootnoteMark(node: Element): boolean {
  const [only] = node.children;
  return node.tagName === 'sup' && only?.type === 'element' && 'dataFootnoteRef' in only.properties;
}

/**
 * The words a reader reads, as plain text: paragraphs, headings, items and rows on lines of their own, without
 * footnote marks, the footnotes themselves, images and anything the sanitiser removes. For word counts and search.
 * @throws AppError invalid_request as {@link renderMarkdown}.
 */
export function markdownToText(markdown: string): string {
  return treeToText(renderMarkdown(markdown).tree);
}

const blockTags = new Set(
  'blockquote dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre section summary table tr ul'.split(
    ' ',
  ),
);

/** {@link markdownToText} for a tree that has been rendered already. */
export function treeToText(tree: Root): string {
  const parts: string[] = [];
  const walk = (node: Nodes, verbatim: boolean): void => {
    if (node.type === 'text') parts.push(verbatim ? node.value : node.value.replace(/\s+/g, ' '));
    if (node.type !== 'root' && node.type !== 'element') return;
    if (node.type === 'element') {
      if (isFootnotes(node) || isFootnoteMark(node)) return;
      if (node.tagName === 'br') parts.push('\n');
    }
    const block = node.type === 'element' && blockTags.has(node.tagName);
    if (block) parts.push('\n\n');
    for (const child of node.children) walk(child, verbatim || (node.type === 'element' && node.tagName === 'pre'));
    if (node.type === 'element' && (node.tagName === 'td' || node.tagName === 'th')) parts.push(' ');
    if (block) parts.push('\n\n');
  };
  walk(tree, false);
  return parts
    .join('')
    .replace(/[ \t]*\n[ \t]*/g, '\n')
    .replace(/\n{2,}/g, '\n\n')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** What GFM makes a link of although nobody wrote one: web and mail addresses (cmark-gfm, "autolinks (extension)"). */
const bareAddress = /(?:https?:\/\/|www\.)[^\s<`|]*|[-.\w+]+@[-\w]+(?:\.[-\w]+)+/giu;
const sentenceMarks = /[.,;:!?'")\]}»”’…*_~]+$/u;

/**
 * Makes one plain sentence safe to stand in Markdown as text: in a paragraph, heading, list item, quote or table cell it
 * renders as itself. White space runs become one space and control characters go, as they cannot survive in one line.
 * A bare web or mail address becomes code: GFM offers no escape for it, and a link that nobody set could lead anywhere.
 */
export function escapeMarkdown(text: string): string {
  const line = plainLine(text);
  let escaped = '';
  let end = 0;
  for (const { 0: found, index } of line.matchAll(bareAddress)) {
    const address = found.replace(sentenceMarks, '');
    escaped += `${escapeInline(line.slice(end, index))}\`${address}\``;
    end = index + address.length;
  }
  return escapeLine(escaped + escapeInline(line.slice(end)));
}

/** {@link escapeMarkdown} for the text of a link, where an address cannot become a link of its own. */
export function escapeLinkText(text: string): string {
  return escapeLine(escapeInline(plainLine(text)));
}

function escapeInline(text: string): string {
  return (
    text
      .replace(/[\\`*[\]<|~]|&(?=#?\w+;)/g, '\\$&')
      // An underscore between letters or digits never opens emphasis (CommonMark 6.2) and reads better as it is.
      .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
      // Inside a bare address a backslash would count as part of it; broken up, it is found again after unescaping.
      .replace(/(?<=www)\.|(?<=https?|mailto|xmpp):|@/gi, '\\$&')
  );
}

/** What starts a heading, list, rule, underline or table row at the start of a line, or ends a heading at its end. */
function escapeLine(text: string): string {
  return text
    .replace(/^[#+\-=:>]/, '\\$&')
    .replace(/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2')
    .replace(/(?<=\s)#+$/, (marks) => marks.replaceAll('#', '\\#'));
}

/** One line of text without control characters, lone surrogates and runs of white space. */
function plainLine(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/[\t\n\v\f\r ]+/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: HTML has no way to write them.
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
      .trim()
  );
}
