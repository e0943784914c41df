import { describe, expect, it } from 'vitest';
import { ownPath } from './own-path.ts';

const origin = 'http://localhost:3000';

describe('the place to go on to after logging in', () => {
  it.each(['/', '/runs', '/articles?query=a%20b', '/account/api-keys', '/articles/1?tab=seo#top'])('is %s', (path) => {
    expect(ownPath(path, origin)).toBe(path);
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n//evil.example',
    '/.//evil.example',
    '/runs/..//evil.example',
    '/%2e//evil.example',
    'javascript:alert(1)',
    ' /runs',
    'runs',
    'http:/evil.example',
    `${origin}.evil.example/`,
    '/api/v1/auth/session',
    '/docs',
    '/login?next=/login',
    '/register',
    '',
    undefined,
  ])('is not %j', (path) => {
    expect(ownPath(path, origin)).toBeNull();
  });

  it('stays in the app even where it looks odd', () => {
    expect(ownPath('/@evil.example', origin)).toBe('/@evil.example');
    expect(ownPath('/loginless', origin)).toBe('/loginless');
    expect(ownPath('/runs?next=https://evil.example', origin)).toBe('/runs?next=https://evil.example');
  });
});
