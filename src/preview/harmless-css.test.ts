import { describe, expect, it } from 'vitest';
import { harmlessCss } from './harmless-css.ts';

describe('a style sheet of a stranger', () => {
  it.each([
    ['@import url("https://evil.example/a.css"); p { color: red }', ' p { color: red }'],
    ['@IMPORT "a;b.css" screen;p{}', 'p{}'],
    ['@font-face { font-family: x; src: url(x.woff2) } p {}', ' p {}'],
    ['p { background: url(https://evil.example/x.png) }', 'p { background: url("data:,") }'],
    ["p { background: url( 'x)y.png' ) no-repeat }", 'p { background: url("data:,") no-repeat }'],
    ['p { background: URL(x.png', 'p { background: url("data:,")'],
    ['p { background: image-set("x.png" 1x) }', 'p { background: none-image-set("x.png" 1x) }'],
    ['p { background: u\\72l(x.png) }', 'p { background: none-u72l(x.png) }'],
    ['@\\69mport "x.css"; p {}', ' p {}'],
    ['p { content: "</style><script>" }', 'p { content: "<\\/style><script>" }'],
    ['/* url(x) </style> */p{}', ' p{}'],
    ['p{} /* never ends', 'p{}  '],
  ])('fetches nothing: %s', (css, harmless) => {
    expect(harmlessCss(css)).toBe(harmless);
  });

  it.each([
    '.wp-block-post-content > * { max-width: min(45rem, calc(100% - 2 * var(--gap, 1em))); margin: 0 auto !important }',
    '@media (min-width: 600px) { @supports (display: grid) { a:hover::before { content: "\\201C" "/*" } } }',
    'p { background: url("data:image/svg+xml;utf8,<svg/>") }',
    '.md\\:w-1\\/2 { width: 50% } /',
    '@layer base, theme; @container (width > 400px) { h1 { font-size: clamp(1rem, 2vw, 3rem) } }',
  ])('keeps what only paints: %s', (css) => {
    expect(harmlessCss(css)).toBe(css);
  });

  it('is read in time, however it is made', () => {
    const long = 300_000;
    const started = performance.now();
    for (const piece of ['/*', 'url(', 'url("', '"', '@import ', '\\', 'a(', '{', 'a-', '<']) {
      harmlessCss(piece.repeat(long / piece.length));
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
