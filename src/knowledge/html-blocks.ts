import { type Block, cleanCode, cleanText, isReadable } from './document.ts';

/** The part of the DOM that is used here; linkedom provides it, and the project needs no browser types on the server. */
export interface DomNode {
  nodeType: number;
  textContent: string | null;
  firstChild: DomNode | null;
  nextSibling: DomNode | null;
}
export interface DomElement extends DomNode {
  localName: string;
  className: string;
  id: string;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  querySelector(selector: string): DomElement | null;
  querySelectorAll(selector: string): ArrayLike<DomElement>;
  remove(): void;
}

const setOf = (names: string) => new Set(names.split(' '));
const skipped = setOf(
  'script style noscript template svg math button select input textarea iframe object embed audio video canvas nav dialog img picture map head link meta',
);
const blockElements = setOf(
  'address article aside body caption center details div dd dl dt fieldset figcaption figure footer form header hgroup hr legend li main menu ol p section summary table tbody td tfoot th thead tr ul',
);
/** Marks inside running text that are not part of it: footnote numbers, "edit" links, paragraph anchors. */
const markClasses =
  /(^|\s)(mw-editsection|headerlink|anchorjs-link|noprint|sr-only|screen-reader-text|visually-hidden)(\s|$)/;

const isElement = (node: DomNode): node is DomElement => node.nodeType === 1;

type Prose = 'paragraph' | 'list-item' | 'quote';

/** The blocks of an element in reading order. */
export function blocksOf(root: DomElement): Block[] {
  const blocks: Block[] = [];
  let inline = '';
  let term = '';

  function push(block: Block): void {
    const last = blocks.at(-1);
    if (block.text !== '' && !(last?.kind === block.kind && last.text === block.text)) blocks.push(block);
  }
  function flush(kind: Prose): void {
    // Only <br> writes line breaks into `inline`; two of them are how old pages begin a paragraph.
    for (const part of inline.split(/\n\s*\n/)) {
      const text = cleanText(part);
      if (text === '') continue;
      push({ kind: term === '' ? kind : 'list-item', text: term === '' ? text : `${term}: ${text}` });
      term = '';
    }
    inline = '';
  }
  function visitChildren(node: DomNode, kind: Prose): void {
    for (let child = node.firstChild; child !== null; child = child.nextSibling) visit(child, kind);
  }
  function visit(node: DomNode, kind: Prose): void {
    if (node.nodeType === 3) {
      inline += (node.textContent ?? '').replace(/\s+/g, ' ');
      return;
    }
    if (!isElement(node) || isHidden(node)) return;
    const name = node.localName;
    const headingLevel = /^h([1-6])$/.exec(name)?.[1];
    if (headingLevel !== undefined) {
      flush(kind);
      visitChildren(node, kind);
      const text = cleanText(inline).replace(/\s*[¶#§]$/u, '');
      inline = '';
      push({ kind: 'heading', level: Number(headingLevel), text });
    } else if (name === 'br') {
      inline += '\n';
    } else if (name === 'pre') {
      flush(kind);
      push({ kind: 'code', text: cleanCode(node.textContent ?? '') });
    } else if (name === 'table' && isDataTable(node)) {
      flush(kind);
      for (const caption of Array.from(node.querySelectorAll('caption'))) {
        push({ kind: 'paragraph', text: cleanText(caption.textContent ?? '') });
      }
      push({ kind: 'table', text: rowsOf(node) });
    } else if (name === 'dt') {
      flush(kind);
      visitChildren(node, 'list-item');
      // A short term stands before its definition; a long one is a text of its own.
      if (isReadable(inline)) flush('list-item');
      else {
        term = cleanText(inline).replace(/:$/, '');
        inline = '';
      }
    } else if (name === 'blockquote' || name === 'li' || name === 'dd') {
      const inner: Prose = name === 'blockquote' ? 'quote' : 'list-item';
      flush(kind);
      visitChildren(node, inner);
      flush(inner);
    } else if (blockElements.has(name)) {
      flush(kind);
      visitChildren(node, kind);
      flush(kind);
    } else {
      visitChildren(node, kind);
    }
  }

  visitChildren(root, 'paragraph');
  flush('paragraph');
  return blocks.filter((block) => !isCookieNote(block.text));
}

/** A raised number that leads to a note or back from one: "[3]", "3" or "*" in a link. */
function isNoteMark(element: DomElement): boolean {
  const other = element.localName === 'sup' ? 'a' : element.localName === 'a' ? 'sup' : null;
  if (other === null || element.querySelector(other) === null) return false;
  return /^\s*[[(]?(\d{1,3}|[a-z*†‡])[\])]?\s*$/i.test(element.textContent ?? '');
}

function isHidden(element: DomElement): boolean {
  return (
    isNoteMark(element) ||
    skipped.has(element.localName) ||
    element.hasAttribute('hidden') ||
    markClasses.test(element.className) ||
    // Raised, it is the number of a note; on the line, it is how some generators call every link.
    (element.localName === 'sup' && /(^|\s)reference(\s|$)/.test(element.className)) ||
    /display\s*:\s*none/i.test(element.getAttribute('style') ?? '')
  );
}

/** Tables that only arrange a page hold headings, lists, paragraphs or other tables, or a single column. */
function isDataTable(table: DomElement): boolean {
  if (table.querySelector('table, h1, h2, h3, h4, h5, h6, article, section, pre') !== null) return false;
  if (table.querySelector('th, caption') !== null) return true;
  const rows = table.querySelectorAll('tr').length;
  return table.querySelectorAll('td').length >= rows * 2 && table.querySelector('p + p, ul, ol') === null;
}

function rowsOf(table: DomElement): string {
  return Array.from(table.querySelectorAll('tr'))
    .map((row) =>
      Array.from(row.querySelectorAll('th, td'))
        .map((cell) => cleanText(cell.textContent ?? ''))
        .filter((text) => text !== '')
        .join(' | '),
    )
    .filter((line) => line !== '')
    .join('\n');
}

const cookieNote =
  /\b(we use cookies|uses? cookies (to|and|for)|accept (all )?cookies|(verwende[tn]|nutz(t|en)) (wir )?cookies|utilis(e|ons) des cookies|utiliza(mos)? cookies|utilizza(mo)? (i )?cookie|gebruik(t|en) (van )?cookies)/i;

function isCookieNote(text: string): boolean {
  return text.length < 400 && cookieNote.test(text);
}

const furniture =
  'script:not([type="application/ld+json"]), style, noscript, template, nav, [role="navigation"], [role="search"], [role="dialog"], [role="contentinfo"], [role="banner"], [aria-hidden="true"], [hidden], footer';
/** What other people wrote below the text, what else the site has to offer, and lists of contents. */
const around =
  '#comments, #respond, #disqus_thread, .comments-area, .comment-list, .comment-respond, .wp-block-comments, .wp-block-post-comments-form, .related-posts, .yarpp-related, .jp-relatedposts, .sharedaddy, .post-navigation, .widget-area, [role="doc-toc"], #toc, .toc, #toc_container, .table-of-contents, .wp-block-table-of-contents';
const consent =
  /cookie-?(banner|notice|consent|bar|law|popup|overlay|info|message)|(^|[\s_-])(consent|gdpr|onetrust|cookiebot|cybot|cmp)([\s_-]|$)/i;

/** Takes out what surrounds the text on every page of a site: scripts, navigation, footers, cookie notes. */
export function removeFurniture(body: DomElement): void {
  for (const element of Array.from(body.querySelectorAll(furniture))) {
    // A footer inside an article may hold its notes; one that holds the article is no footer.
    if (element.querySelector('article, main, [role="main"]') === null) element.remove();
  }
  for (const element of Array.from(body.querySelectorAll(around))) {
    // Some themes give such a name to the frame of the whole page.
    if (element.querySelector('article, main, [role="main"], h1') === null) element.remove();
  }
  for (const element of Array.from(body.querySelectorAll('div, section, aside, form, p'))) {
    const label = `${element.className} ${element.id}`;
    if (label.length > 1 && consent.test(label) && (element.textContent ?? '').length < 4000) element.remove();
  }
}

/**
 * Takes out lists and tables that consist of links: menus, tables of contents, "previous" and "next". What is said
 * beside the links of a list keeps it.
 */
export function removeLinkLists(body: DomElement): void {
  for (const list of Array.from(body.querySelectorAll('ul, ol, dl, table'))) {
    const links = Array.from(list.querySelectorAll('a[href]'));
    if (links.length < 2) continue;
    const all = lettersIn(list.textContent);
    const linked = links.reduce((sum, link) => sum + lettersIn(link.textContent), 0);
    if (linked >= all * 0.8 && all - linked < 200) list.remove();
  }
}

const lettersIn = (text: string | null) => text?.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
