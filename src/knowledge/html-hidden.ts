import type { DomElement } from './html-blocks.ts';
import type { DomDocument } from './page-metadata.ts';

/** Declarations that take a text out of sight, on the screen of a person who did nothing yet. */
const hiding = [
  /(^|[;{\s])display\s*:\s*none/i,
  /(^|[;{\s])visibility\s*:\s*(hidden|collapse)/i,
  /(^|[;{\s])opacity\s*:\s*0(\.0+)?\s*(!|;|\}|$)/i,
  /(^|[;{\s])font-size\s*:\s*0(\.\d+)?(px|pt|em|rem|%)?\s*(!|;|\}|$)/i,
  /(^|[;{\s])(left|top|right|text-indent|margin-left)\s*:\s*-\d{3,}/i,
  /(^|[;{\s])clip\s*:\s*rect\(\s*(0|1)(px)?[\s,]+(0|1)(px)?[\s,]+(0|1)(px)?[\s,]+(0|1)(px)?\s*\)/i,
  /(^|[;{\s])clip-path\s*:\s*inset\(\s*(50|100)%/i,
  /(^|[;{\s])transform\s*:\s*scale\(\s*0\s*\)/i,
];
const isHiding = (style: string) => hiding.some((pattern) => pattern.test(style));

const maxStyleLength = 200_000;
const maxSelectors = 300;
/** Plain selectors only: what depends on states, ancestors or media is not how text is hidden for good. */
const plainSelector = /^[a-z0-9]*([.#][\w-]+)+$/i;

/**
 * Takes out of a page what its reader cannot see: by attributes, and by the rules of the style sheets that stand in the
 * page itself. Such text is written for machines, and often to give them orders. Style sheets in other files are not
 * fetched.
 */
export function removeHidden(document: DomDocument): void {
  const { body } = document;
  if (body === null) return;
  const styles = Array.from(document.querySelectorAll('style')).map((style) => style.textContent ?? '');
  for (const selector of hidingSelectors(styles.join('\n'))) removeAll(body.querySelectorAll(selector));
  const styled = Array.from(body.querySelectorAll('[style]'));
  removeAll(styled.filter((element) => isHiding(styleOf(element)) || isInvisibleColor(styleOf(element))));
}

const styleOf = (element: DomElement) => element.getAttribute('style') ?? '';

function removeAll(elements: ArrayLike<DomElement>): void {
  for (const element of Array.from(elements)) {
    // What the whole text stands in is shown sooner or later, by a script that fades it in.
    if (element.localName !== 'body' && element.querySelector('main, article, h1') === null) element.remove();
  }
}

function hidingSelectors(css: string): string[] {
  if (css.length > maxStyleLength) return [];
  const selectors: string[] = [];
  const shown = new Set<string>();
  // Rules inside @media and the like hold for some screens; their braces nest, so the outermost ones go first.
  const flat = css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/@[^{};]*\{([^{}]*\{[^{}]*\})*[^{}]*\}/g, '');
  for (const [, list = '', style = ''] of flat.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    const names = list.split(',').map((selector) => selector.trim());
    if (isHiding(style)) selectors.push(...names.filter((name) => plainSelector.test(name)));
    else if (/display\s*:|visibility\s*:\s*visible/i.test(style)) for (const name of names) shown.add(name);
  }
  return selectors.filter((selector) => !shown.has(selector)).slice(0, maxSelectors);
}

/** White on white, in the spellings that are used for it. */
function isInvisibleColor(style: string): boolean {
  const value = (name: string) =>
    new RegExp(`(?:^|[;\\s])${name}\\s*:\\s*([^;!]+)`, 'i').exec(style)?.[1]?.trim().toLowerCase();
  const text = value('color');
  const ground = value('background-color') ?? value('background');
  return text === 'transparent' || (text !== undefined && text === ground);
}
