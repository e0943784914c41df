import { blocksOf } from './html-blocks.ts';
import type { DomDocument } from './page-metadata.ts';
import { type Refusal, refuse } from './refusal.ts';

/** What tells a page without a text of its own from an ordinary one; noted before anything is removed from it. */
export interface PageShape {
  passwordField: boolean;
  /** Words for people whose browser runs no scripts, or the empty element that a script fills. */
  needsScripts: boolean;
  /** Where a <meta http-equiv="refresh"> leads. */
  forwardsTo: string | null;
  robotCheck: boolean;
  /** Characters of visible text in the whole body. */
  textLength: number;
}

const emptyRoot = '#root, #app, #__next, #__nuxt, #___gatsby, #svelte, app-root, [data-reactroot]';
const mentionsScripts = /java\s?script/i;
const robotChecks =
  /just a moment\.\.\.|verif(y|ying) (that )?you are (a )?human|checking (if the site connection is secure|your browser)|are you a robot|attention required/i;

/** Notes the shape of a parsed page. */
export function shapeOf(document: DomDocument): PageShape {
  const scripts = document.querySelectorAll('script').length;
  const hidden = Array.from(document.querySelectorAll('noscript')).map((element) => element.textContent ?? '');
  const refresh = document.querySelector('meta[http-equiv="refresh" i]')?.getAttribute('content') ?? '';
  const blocks = document.body === null ? [] : blocksOf(document.body);
  const text = blocks.map((block) => block.text).join(' ');
  return {
    passwordField: document.querySelector('input[type="password" i]') !== null,
    needsScripts:
      scripts > 0 &&
      (document.querySelector(emptyRoot) !== null || [...hidden, text].some((part) => mentionsScripts.test(part))),
    forwardsTo: /url\s*=\s*["']?\s*([^"'\s]+)/i.exec(refresh)?.[1] ?? null,
    robotCheck: robotChecks.test(`${document.querySelector('title')?.textContent ?? ''} ${text.slice(0, 600)}`),
    textLength: text.length,
  };
}

/** Less running text than this beside a password field is the explanation of the form, not an article. */
const hardlyAnyText = 400;

/**
 * Says what stands in the way when a page holds hardly any text: a log-in, a check for robots, a script that would have
 * made the text, a forward, or nothing at all. Null for pages with a text.
 */
export function refuseWall(shape: PageShape, proseLength: number, title: string): Refusal | null {
  if (proseLength >= hardlyAnyText) return null;
  if (shape.passwordField) return refuse('login', 'The page asks for a log-in and shows hardly any text without it.');
  if (shape.robotCheck) return refuse('robot_check', `The site checks for robots first ("${title.slice(0, 80)}").`);
  if (shape.forwardsTo !== null && proseLength < 200) {
    return refuse('forwards', `The page holds no text; it only forwards the browser to ${shape.forwardsTo}.`);
  }
  if (shape.needsScripts && proseLength < 200) {
    return refuse('script_only', 'The page is made by JavaScript in the browser; what the site sends holds no text.');
  }
  if (shape.textLength === 0) return refuse('empty', 'The page is empty: no text shows on it.');
  return null;
}
