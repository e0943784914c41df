import { expect, test } from 'vitest';
import { htmlOfPages } from './web-app.ts';

const html = htmlOfPages('<head>\n  </head><body></body>', {
  '/articles/$articleId': ['/assets/article.js', '/assets/tabs.js'],
  '/': ['/assets/overview.js'],
  '/articles/import': ['/assets/import.js'],
  '/articles': [],
  outside: ['/assets/landing.js'],
});
const named = (path: string, signedIn = true) =>
  [...html(path, signedIn).matchAll(/<link rel="modulepreload" crossorigin href="([^"]+)">/g)].map(([, name]) => name);

test('names the files of a page in its HTML', () => {
  expect(named('/articles/0196f0ff-0000-7000-8000-000000000000')).toEqual(['/assets/article.js', '/assets/tabs.js']);
  expect(named('/articles/import')).toEqual(['/assets/import.js']);
  expect(named('/articles/import/')).toEqual(['/assets/import.js']);
  expect(named('/articles')).toEqual([]);
  expect(html('/articles', true)).toBe('<head>\n  </head><body></body>');
});

test('names the front of the house for whoever comes from outside', () => {
  expect(named('/', true)).toEqual(['/assets/overview.js']);
  expect(named('/', false)).toEqual(['/assets/landing.js']);
});

test('names nothing for an address that is no page', () => {
  expect(named('/articles/x/y')).toEqual([]);
  expect(named('/outside')).toEqual([]);
});
