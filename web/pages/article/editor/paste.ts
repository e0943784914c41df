/**
 * Makes of what Word and Google Docs put on the clipboard what a person meant by it: headings, lists, quotes, emphasis, links.
 * Works on a document that is never shown, so nothing in it runs or loads; that only what the schema knows gets into the text
 * is the schema's part.
 */
export function cleanPastedHtml(html: string): string {
  // What only Word reads stands in comments; what hides its list marks stands in "downlevel-revealed" ones.
  const page = new DOMParser().parseFromString(
    html.replace(/<!--\[if[\s\S]*?<!\[endif\]-->/gi, '').replace(/<[a-z][^>]*>/gi, withoutHandlers),
    'text/html',
  );
  const { body } = page;
  for (const node of comments(page)) node.remove();
  for (const gone of body.querySelectorAll(
    'script, style, meta, link, title, xml, template, iframe, object, embed, svg, math',
  ))
    gone.remove();
  for (const bold of body.querySelectorAll('b')) if (bold.style.fontWeight === 'normal') unwrap(bold);
  for (const element of body.querySelectorAll('*'))
    for (const name of element.getAttributeNames()) if (/^on/i.test(name)) element.removeAttribute(name);
  wordParagraphs(page);
  for (const office of body.querySelectorAll('*')) if (office.localName.includes(':')) unwrap(office);
  nestLists(body);
  for (const link of body.querySelectorAll('a')) mendLink(link);
  // Headings are bold by themselves.
  for (const bold of body.querySelectorAll(
    'h1 b, h2 b, h3 b, h4 b, h5 b, h6 b, h1 strong, h2 strong, h3 strong, h4 strong',
  ))
    unwrap(bold);
  for (const span of body.querySelectorAll<HTMLElement>('h1 span, h2 span, h3 span, h4 span, h5 span, h6 span'))
    span.style.fontWeight = '';
  for (const cell of body.querySelectorAll('td, th')) flatten(page, cell);
  for (const paragraph of body.querySelectorAll('p, h1, h2, h3, h4, h5, h6'))
    if (isEmpty(paragraph)) paragraph.remove();
  for (const end of body.querySelectorAll('br.Apple-interchange-newline')) end.remove();
  // Chrome ends what it copies with a line break between blocks.
  for (const line of body.querySelectorAll(':scope > br')) line.remove();
  return body.innerHTML;
}

/** Nothing of it would run, but the browser reports every one that it refuses. */
const withoutHandlers = (tag: string) => tag.replace(/\son[a-z]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi, '');

function comments(page: Document): Comment[] {
  const found: Comment[] = [];
  const walker = page.createTreeWalker(page, NodeFilter.SHOW_COMMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) found.push(node as Comment);
  return found;
}

function unwrap(element: Element): void {
  element.replaceWith(...element.childNodes);
}

const isEmpty = (element: Element) =>
  (element.textContent ?? '').replace(/[\s\u00a0]/g, '') === '' && !element.querySelector('img, br');

function mendLink(link: HTMLAnchorElement): void {
  const href = link.getAttribute('href') ?? '';
  // Bookmarks of the document that it was copied from lead nowhere here.
  if (href === '' || href.startsWith('#')) {
    unwrap(link);
    return;
  }
  const url = URL.parse(href);
  const target =
    url && /(?:^|\.)google\.[a-z.]+$/.test(url.hostname) && url.pathname === '/url' ? url.searchParams.get('q') : null;
  if (target) link.setAttribute('href', target);
}

/** A cell holds a line of text: paragraphs in it become lines. */
function flatten(page: Document, cell: Element): void {
  for (const [index, block] of [...cell.querySelectorAll('p, div, h1, h2, h3, h4, h5, h6, li')].entries()) {
    if (index > 0 && block.previousSibling) block.before(page.createElement('br'));
    unwrap(block);
  }
  for (const list of cell.querySelectorAll('ul, ol')) unwrap(list);
}

/** Google Docs puts a nested list beside the item it belongs to. */
function nestLists(body: HTMLElement): void {
  for (const list of body.querySelectorAll('ul > ul, ul > ol, ol > ul, ol > ol')) {
    const before = list.previousElementSibling;
    if (before?.localName === 'li') before.append(list);
  }
}

/** Word writes lists as paragraphs that bear their marks as text, and titles and quotes as styles. */
function wordParagraphs(page: Document): void {
  for (const paragraph of [...page.body.querySelectorAll<HTMLElement>('p[class], div[class]')]) {
    const { className } = paragraph;
    const name = /^MsoTitle/.test(className) ? 'h1' : /^Mso(?:Intense)?Quote/.test(className) ? 'blockquote' : null;
    if (!name) continue;
    const made = page.createElement(name);
    if (name === 'blockquote') made.append(page.createElement('p'));
    (made.firstElementChild ?? made).append(...paragraph.childNodes);
    paragraph.replaceWith(made);
  }
  const open: { level: number; list: Element }[] = [];
  let last: Element | null = null;
  for (const paragraph of [...page.body.querySelectorAll<HTMLElement>('p')]) {
    const level = Number(/mso-list:\s*\S+\s+level(\d+)/i.exec(paragraph.getAttribute('style') ?? '')?.[1] ?? 0);
    if (level === 0) continue;
    const mark = paragraph.querySelector('[style*="mso-list:Ignore" i], [style*="mso-list: Ignore" i]');
    const sign = (mark?.textContent ?? '').replace(/[\s\u00a0]/g, '');
    mark?.remove();
    const item = page.createElement('li');
    const name = /^(?:\d+|[a-z]{1,4})[.)]/i.test(sign) ? 'ol' : 'ul';
    const goesOn = last !== null && nextElement(last) === paragraph;
    if (!goesOn) open.length = 0;
    while ((open.at(-1)?.level ?? 0) > level) open.pop();
    const here = open.at(-1);
    if (here?.level !== level || here.list.localName !== name) {
      if (here?.level === level) open.pop();
      const list = page.createElement(name);
      const start = Number.parseInt(sign, 10);
      if (name === 'ol' && start > 1) list.setAttribute('start', String(start));
      const holder = open.at(-1)?.list.lastElementChild;
      if (holder) holder.append(list);
      else paragraph.before(list);
      open.push({ level, list });
    }
    item.append(...paragraph.childNodes);
    open.at(-1)?.list.append(item);
    last = open[0]?.list ?? null;
    paragraph.remove();
  }
}

const nextElement = (element: Element) => element.nextElementSibling;
