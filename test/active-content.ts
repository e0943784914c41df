import type { Nodes } from 'hast';
import rehypeRaw from 'rehype-raw';
import { unified } from 'unified';

/** What runs, loads or sends something by itself when a browser is given it. */
const activeTags = new Set(
  'script style iframe frame object embed applet form button select textarea link meta base svg math video audio source template portal'.split(
    ' ',
  ),
);
const addressAttributes = new Set([
  'href',
  'src',
  'srcset',
  'action',
  'formAction',
  'poster',
  'data',
  'xLinkHref',
  'background',
  'ping',
]);

/** Reads HTML as a browser does (parse5). */
export function parsePage(html: string): Nodes {
  return unified()
    .use(rehypeRaw)
    .runSync({ type: 'root', children: [{ type: 'raw', value: html } as never] }) as Nodes;
}

/**
 * Everything active in a page, one line each; `allowed` are hosts that addresses may name (and with
 * any, mail addresses). Empty for harmless text.
 */
export function activeContent(html: string, allowed: readonly string[] = []): string[] {
  const found: string[] = [];
  const walk = (node: Nodes): void => {
    if (node.type === 'element') {
      if (activeTags.has(node.tagName)) found.push(`<${node.tagName}>`);
      for (const [name, value] of Object.entries(node.properties)) {
        if (/^on/i.test(name) || name === 'style' || name === 'srcDoc') found.push(`${node.tagName} ${name}`);
        if (!addressAttributes.has(name)) continue;
        const url = URL.parse(String(value), 'https://same-site.invalid/');
        const harmless = url && (url.hostname === 'same-site.invalid' || allowed.includes(url.hostname));
        const mail = url?.protocol === 'mailto:' && allowed.length > 0;
        if (!mail && (!harmless || !/^https?:$/.test(url.protocol)))
          found.push(`${node.tagName} ${name}=${String(value)}`);
      }
    }
    if (node.type === 'element' || node.type === 'root') for (const child of node.children) walk(child);
  };
  walk(parsePage(html));
  return found;
}

/** Every id in a page, and every place within it that a link points at. */
export function anchors(html: string): { ids: string[]; targets: string[] } {
  const ids: string[] = [];
  const targets: string[] = [];
  const walk = (node: Nodes): void => {
    if (node.type === 'element') {
      if (node.properties.id) ids.push(String(node.properties.id));
      const href = String(node.properties.href ?? '');
      if (href.startsWith('#')) targets.push(decodeURIComponent(href.slice(1)));
    }
    if (node.type === 'element' || node.type === 'root') for (const child of node.children) walk(child);
  };
  walk(parsePage(html));
  return { ids, targets };
}
