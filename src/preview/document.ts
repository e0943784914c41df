import type { Element, Parents, Root } from 'hast';
import { keptBlocksIn, ownImageId, renderMarkdown } from '../articles/markdown.ts';
import type { FeaturedImage } from '../articles/queries.ts';
import type { Article } from '../articles/schema.ts';
import type { FrameNode, FrameSlot } from '../knowledge/read-frame.ts';
import type { SiteSettings } from '../sites/settings.ts';
import { toBlocks } from '../wordpress/blocks.ts';
import { harmlessCss } from './harmless-css.ts';
import type { Theme } from './themes.ts';

/** What a preview shows otherwise than the site will, or does not show. */
export const differences = [
  /** Menus, side bars, author box, comments: only what the article stands in is shown. */
  'surroundings',
  /** Fonts of the theme are not loaded; those of the reader's device stand in. */
  'fonts',
  /** Images that the theme draws with are not loaded. */
  'theme_images',
  /** What scripts would do, such as menus that open. */
  'scripts',
  /** No post of the site could be taken as an example: its styles are used, not the arrangement of its posts. */
  'arrangement',
  /** Some style sheets could not be had. */
  'styles',
  /** Pictures of other servers stand in the text by their description. */
  'pictures',
  /** The title card is drawn when the article is published. */
  'card',
  /** Blocks of the site that the article keeps in their place. */
  'kept_blocks',
] as const;
export type Difference = (typeof differences)[number];

/** A page to be shown in a frame of its own, and what of it is not as it will be. */
export interface PreviewDocument {
  html: string;
  differences: Difference[];
}

interface Shown {
  article: Pick<Article, 'title' | 'markdown' | 'language'>;
  featured: FeaturedImage | null;
  /** Of the site that it is shown as; null without a site. */
  settings: SiteSettings | null;
  siteUrl: string | null;
  /** Null where there is none to be had: the article is shown plainly. */
  theme: Theme | null;
}

/**
 * Nothing is loaded but images that are kept here; no script runs. The frame around it forbids both as well.
 */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:";

/** Puts an article into the page of a theme, the way WordPress would write its blocks. */
export function previewDocument({ article, featured, settings, siteUrl, theme }: Shown): PreviewDocument {
  const ownHosts = siteUrl === null ? [] : [new URL(siteUrl).hostname];
  const { tree } = renderMarkdown(article.markdown, { ownHosts });
  const found = new Set<Difference>();
  if (withoutForeignPictures(tree)) found.add('pictures');
  if (keptBlocksIn(article.markdown).length > 0) found.add('kept_blocks');
  const card = featured === null && settings?.featuredImage === 'card';
  if (card) found.add('card');
  const parts: Record<FrameSlot, string> = {
    title: escapeText(article.title),
    // What WordPress sends to readers is the same without the comments that mark the blocks.
    content: toBlocks(tree)
      .replaceAll(/<!-- \/?wp:[^\n]*? -->\n?/g, '')
      // Every other link opens a tab. In a frame whose page has no address, one to a footnote would lead to the page around it.
      .replaceAll('<a href="#', '<a target="_self" href="about:srcdoc#'),
    image: featured ? picture(featured) : card ? '<div class="preview-card" role="presentation"></div>' : '',
    terms: (settings?.categories ?? []).map(escapeText).join(', '),
  };
  const frame = theme?.frame.body.length ? theme.frame : null;
  const body = frame ? framed(frame.body, parts) : plainBody(parts, theme !== null);
  if (theme) {
    for (const name of ['surroundings', 'fonts', 'theme_images', 'scripts'] as const) found.add(name);
    if (!frame) found.add('arrangement');
    if (theme.missing > 0) found.add('styles');
  }
  const attributes = (name: string, style: string) =>
    `${name ? ` class="${escapeText(name)}"` : ''}${style ? ` style="${escapeText(harmlessCss(style))}"` : ''}`;
  const html = [
    '<!doctype html>',
    `<html${article.language ? ` lang="${article.language}"` : ''}${attributes(theme?.frame.htmlClass ?? '', '')}>`,
    '<head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><base target="_blank">',
    `<title>${parts.title}</title>`,
    `<style>${theme ? theme.css : plainCss}\n${commonCss}</style></head>`,
    `<body dir="auto"${attributes(theme?.frame.bodyClass ?? '', theme?.frame.bodyStyle ?? '')}>${body}</body></html>`,
  ].join('\n');
  return { html, differences: differences.filter((name) => found.has(name)) };
}

/** The elements of the theme around the parts; parts that it has no place for come where WordPress has them. */
function framed(nodes: readonly FrameNode[], parts: Record<FrameSlot, string>): string {
  const placed = new Set(slotsIn(nodes));
  const before = [
    placed.has('title') ? '' : `<h1 class="entry-title wp-block-post-title">${parts.title}</h1>`,
    placed.has('image') || !parts.image ? '' : `<figure class="wp-block-post-featured-image">${parts.image}</figure>`,
  ].join('');
  const write = (node: FrameNode): string => {
    const { tag, id, className, style, slot, children } = node;
    const inner = slot ? parts[slot] : children.map(write).join('');
    if (slot && slot !== 'content' && inner === '') return '';
    const attributes = [
      ...(id ? [`id="${escapeText(id)}"`] : []),
      ...(className ? [`class="${escapeText(className)}"`] : []),
      ...(style ? [`style="${escapeText(harmlessCss(style))}"`] : []),
    ];
    const element = `<${[tag, ...attributes].join(' ')}>${inner}</${tag}>`;
    return slot === 'content' ? before + element : element;
  };
  return nodes.map(write).join('');
}

const slotsIn = (nodes: readonly FrameNode[]): FrameSlot[] =>
  nodes.flatMap(({ slot, children }) => (slot ? [slot] : slotsIn(children)));

function plainBody({ title, content, image, terms }: Record<FrameSlot, string>, themed: boolean): string {
  const inner = [
    `<h1 class="entry-title wp-block-post-title">${title}</h1>`,
    terms && `<p class="preview-terms">${terms}</p>`,
    image && `<figure class="wp-block-post-featured-image">${image}</figure>`,
    `<div class="entry-content wp-block-post-content is-layout-flow">${content}</div>`,
  ];
  return `<main class="preview-column${themed ? ' wp-site-blocks' : ''}">${inner.filter(Boolean).join('')}</main>`;
}

function picture({ url, width, height, alt }: FeaturedImage): string {
  return `<img class="wp-post-image" src="${escapeText(url)}" width="${width}" height="${height}" alt="${escapeText(alt)}">`;
}

/** Puts the description of pictures that are not kept here in their place. Whether there were any. */
function withoutForeignPictures(tree: Root): boolean {
  let any = false;
  const visit = (node: Parents) => {
    node.children = node.children.map((child) => {
      if (child.type !== 'element') return child;
      if (child.tagName === 'img' && ownImageId(child.properties.src) === null) {
        any = true;
        const alt = child.properties.alt;
        const text = typeof alt === 'string' && alt !== '' ? alt : '…';
        const mark: Element = {
          type: 'element',
          tagName: 'small',
          properties: {},
          children: [{ type: 'text', value: `[${text}]` }],
        };
        return mark;
      }
      visit(child);
      return child;
    }) as typeof node.children;
  };
  visit(tree);
  return any;
}

const escapeText = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Without a theme: the width and letters of a page that is made for reading. */
const plainCss = `
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1f2328; font: 1.125rem/1.65 Georgia, "Noto Serif", serif; overflow-wrap: break-word; }
h1, h2, h3, h4 { line-height: 1.22; text-wrap: balance; margin: 2em 0 .6em; }
h1 { font-size: 2.25rem; margin-top: 0; }
figure { margin: 1.5em 0; }
pre { overflow-x: auto; padding: 1em; background: #f4f4f1; font-size: .875em; }
table { border-collapse: collapse; }
td, th { border: 1px solid #d5d5d0; padding: .35em .7em; text-align: start; }
blockquote { margin: 1.5em 0; padding-inline-start: 1.2em; border-inline-start: 3px solid #d5d5d0; }
a { color: #0b57a4; }
.preview-terms { color: #5c626a; font-size: .95rem; }
`;
const commonCss = `
img { max-width: 100%; height: auto; }
.preview-column { max-width: 44rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; box-sizing: border-box; }
.preview-card { aspect-ratio: 1200 / 630; width: 100%; background: repeating-linear-gradient(45deg, #e9e9e4 0 12px, #f4f4f1 12px 24px); }
`;
