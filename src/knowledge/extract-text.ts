import type { Root, RootContent } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { AppError } from '../errors.ts';
import { baseLanguage } from '../text/language.ts';
import { type Block, cleanCode, cleanText, type ExtractedDocument, parseDate, requireText } from './document.ts';

const maxCharacters = 2_000_000;
/** Quotes in quotes or lists in lists beyond this are a trap: the parser's time grows with the square of the depth. */
const deepContainer = /^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){40}/m;
const deepIndent = /^[ \t]{200}[ \t]*(?:[-+*>]|\d{1,9}[.)])/m;
const markdown = unified().use(remarkParse).use(remarkGfm);

/**
 * Inline marks may cost the parser a step for every pair of them that stands in one paragraph: 20,000 in a row take
 * 29 s. This sum of squares stays below 3 s and still admits a list of 4,000 links.
 */
const maxMarkPairs = 4e7;

/**
 * The text of a Markdown file. Front matter between `---` lines may name title, date, author and lang; the first
 * level-1 heading serves as title otherwise. Runs on the calling thread: for Markdown of strangers prefer
 * `Extractor.extract` with the content type text/markdown, which can be stopped and is bounded by time alone.
 * @throws AppError extraction_failed when it holds no readable text, is longer than 2 million characters, or is built
 * to keep the parser busy
 */
export function extractMarkdown(text: string): ExtractedDocument {
  if (markPairs(text) > maxMarkPairs) {
    throw new AppError('extraction_failed', 'The Markdown has more marks in a row than a text needs.', {
      details: { cause: 'too_complex' },
    });
  }
  return parseMarkdown(text);
}

function markPairs(text: string): number {
  let sum = 0;
  // Where a paragraph certainly ends: an empty line, or the beginning of a list item.
  for (const part of text.split(/\r?\n[ \t]*\r?\n|\n(?= {0,3}[-*+] \S)/)) {
    const marks = part.match(/[*_`[\]<~!&@]/g)?.length ?? 0;
    // Table cells cost a tenth: 120,000 of them 11 s.
    const cells = (part.match(/\|/g)?.length ?? 0) / 10;
    sum += (marks + cells) ** 2;
  }
  return sum;
}

/** As {@link extractMarkdown}, without a bound on the time that marks take. */
export function parseMarkdown(text: string): ExtractedDocument {
  const normal = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  requireLength(normal);
  const { fields, body } = splitFrontMatter(normal);
  if (deepContainer.test(body) || deepIndent.test(body)) {
    throw new AppError('extraction_failed', 'The Markdown nests quotes or lists without end.', {
      details: { cause: 'too_deep' },
    });
  }
  const blocks = blocksOfRoot(markdown.parse(body) as Root);
  const heading = blocks[0]?.kind === 'heading' && blocks[0].level === 1 ? blocks[0].text : undefined;
  const title = fields.get('title') ?? heading ?? '';
  return requireText(
    {
      title,
      siteName: null,
      author: fields.get('author') ?? null,
      publishedAt: parseDate(fields.get('date') ?? fields.get('published')),
      language: baseLanguage(fields.get('lang') ?? fields.get('language') ?? null),
      canonicalUrl: null,
      blocks: heading !== undefined && heading === title ? blocks.slice(1) : blocks,
    },
    'The Markdown',
  );
}

/**
 * The text of a plain text: blank lines part paragraphs, lines that begin with a bullet or number are list items.
 * @throws AppError extraction_failed when it holds no readable text or is longer than 2 million characters
 */
export function extractPlainText(text: string): ExtractedDocument {
  requireLength(text);
  const blocks: Block[] = [];
  for (const part of text.replace(/\r\n?/g, '\n').split(/\n[ \t]*\n/)) {
    const lines = part.split('\n');
    const items = lines.map((line) => /^\s*(?:[-*•‣–]|\d{1,3}[.)])\s+(.*)$/.exec(line)?.[1]);
    if (items[0] === undefined) {
      const clean = cleanText(part);
      if (clean !== '') blocks.push({ kind: 'paragraph', text: clean });
      continue;
    }
    const joined: string[] = [];
    lines.forEach((line, index) => {
      const item = items[index];
      if (item !== undefined) joined.push(item);
      else joined.push(`${joined.pop() ?? ''} ${line}`);
    });
    for (const item of joined) if (cleanText(item) !== '') blocks.push({ kind: 'list-item', text: cleanText(item) });
  }
  const document = {
    title: '',
    siteName: null,
    author: null,
    publishedAt: null,
    language: null,
    canonicalUrl: null,
    blocks,
  };
  return requireText(document, 'The text');
}

function requireLength(text: string): void {
  if (text.length <= maxCharacters) return;
  throw new AppError('extraction_failed', `The text is longer than the ${maxCharacters} characters that are read.`, {
    details: { cause: 'too_large' },
  });
}

/** The simple `name: value` lines of front matter; nested YAML in it is of no use here and passed over. */
function splitFrontMatter(text: string): { fields: Map<string, string>; body: string } {
  const fields = new Map<string, string>();
  const match = /^---[ \t]*\n([\s\S]{0,10000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(text);
  if (match === null) return { fields, body: text };
  for (const line of (match[1] ?? '').split('\n')) {
    const pair = /^([A-Za-z_-]+):[ \t]+(.+)$/.exec(line);
    const value = cleanText(pair?.[2]?.replace(/^(["'])(.*)\1\s*$/, '$2') ?? '');
    if (pair?.[1] !== undefined && value !== '') fields.set(pair[1].toLowerCase(), value);
  }
  return { fields, body: text.slice(match[0].length) };
}

function blocksOfRoot(root: Root): Block[] {
  const blocks: Block[] = [];
  const push = (block: Block) => {
    if (block.text !== '') blocks.push(block);
  };
  function visit(node: RootContent, kind: 'paragraph' | 'list-item' | 'quote'): void {
    switch (node.type) {
      case 'heading':
        push({ kind: 'heading', level: node.depth, text: inlineText(node.children) });
        break;
      case 'paragraph':
        push({ kind, text: inlineText(node.children) });
        break;
      case 'code':
        push({ kind: 'code', text: cleanCode(node.value) });
        break;
      case 'table':
        push({
          kind: 'table',
          text: node.children
            .map((row) =>
              row.children
                .map((cell) => inlineText(cell.children))
                .filter(Boolean)
                .join(' | '),
            )
            .filter(Boolean)
            .join('\n'),
        });
        break;
      case 'blockquote':
        for (const child of node.children) visit(child, 'quote');
        break;
      case 'list':
        for (const item of node.children) for (const child of item.children) visit(child, 'list-item');
        break;
      case 'footnoteDefinition':
        for (const child of node.children) visit(child, kind);
        break;
      default:
        // Raw HTML, rules and link definitions carry no text of the author's.
        break;
    }
  }
  for (const node of root.children) visit(node, 'paragraph');
  return blocks;
}

/** Text of inline nodes, with link texts and code, without images, raw HTML and footnote marks. */
function inlineText(nodes: RootContent[]): string {
  const collect = (node: RootContent): string => {
    if (node.type === 'text' || node.type === 'inlineCode') return node.value;
    if (node.type === 'break') return ' ';
    if (node.type === 'html' || node.type === 'image' || node.type === 'imageReference') return '';
    return 'children' in node ? node.children.map(collect).join('') : '';
  };
  return cleanText(nodes.map(collect).join(''));
}
