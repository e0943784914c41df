import { t } from '../../strings.ts';

/** The host that an image lies on, with its port; null for one that this page loads itself. */
export function foreignHost(src: string, own: string): string | null {
  const url = URL.parse(src, own);
  return url && /^https?:$/.test(url.protocol) && url.origin !== own ? url.host : null;
}

/**
 * Stands for an image that lies on another host: what it shows and where it is. The page asks no other host for anything, so
 * that nobody learns who reads what. A link to the image, unless it stands in one.
 */
export function namedImage(
  page: Document,
  image: { src: string; alt: string },
  host: string,
  link: boolean,
): HTMLElement {
  const element = page.createElement(link ? 'a' : 'span');
  element.className = 'foreign-image';
  if (element instanceof HTMLAnchorElement) {
    element.href = image.src;
    element.target = '_blank';
    element.rel = 'noopener noreferrer';
  }
  for (const [name, text] of [
    ['what', image.alt.trim()],
    ['where', t.article.foreignImage(host)],
  ] as const) {
    if (text === '') continue;
    const part = page.createElement('span');
    part.className = name;
    part.textContent = text;
    element.append(part);
  }
  return element;
}
