import { describe, expect, it } from 'vitest';
import type { AppError } from '../errors.ts';
import { readChoices } from './choices.ts';
import type { WordPressClient } from './client.ts';
import { decodeEntities } from './plain-text.ts';
import { siteError } from './site-error.ts';

const answers: Record<string, unknown> = {
  '/': { timezone_string: '', gmt_offset: 5.5 },
  '/wp/v2/categories': [{ id: 3, name: 'Tips &amp; tricks', parent: 0, count: 7 }, { id: 'no' }],
  '/wp/v2/tags': [{ id: 4, name: 'It&#8217;s', parent: 0, count: 1 }],
  '/wp/v2/users': [{ id: 1, name: 'Ada' }],
  '/wp/v2/templates': [
    { slug: 'wide', title: { rendered: 'Wide' }, is_custom: true, post_types: ['post', 'page'] },
    { slug: 'single', title: { rendered: 'Single' }, is_custom: false, post_types: [] },
    { slug: 'landing', title: { rendered: 'Landing' }, is_custom: true, post_types: ['page'] },
  ],
};
const asked: { path: string; search: unknown }[] = [];
const clientThat = (fails: (path: string) => AppError | undefined) =>
  ({
    async call(_method: string, path: string, { parameters }: { parameters?: Record<string, unknown> } = {}) {
      asked.push({ path, search: parameters?.search });
      const error = fails(path);
      if (error) throw error;
      return { json: answers[path], headers: new Headers() };
    },
  }) as unknown as WordPressClient;

describe('the choices of a site', () => {
  it('are read as people read them, without what cannot be one', async () => {
    expect(await readChoices(clientThat(() => undefined))).toEqual({
      categories: [{ id: 3, name: 'Tips & tricks', parent: 0, count: 7 }],
      tags: [{ id: 4, name: 'It’s', parent: 0, count: 1 }],
      authors: [{ id: 1, name: 'Ada' }],
      templates: [{ file: 'wide', name: 'Wide' }],
      timezone: '+05:30',
    });
  });

  it('are empty where the user may not list them', async () => {
    const closed = (path: string) => (/users|templates/.test(path) ? siteError('role_insufficient', 'no') : undefined);
    expect(await readChoices(clientThat(closed))).toMatchObject({ authors: [], templates: [], tags: [{ id: 4 }] });
  });

  it('are no empty lists where the site does not answer', async () => {
    const down = (path: string) => (path.includes('tags') ? siteError('timeout', 'slow') : undefined);
    await expect(readChoices(clientThat(down))).rejects.toThrow('slow');
  });

  it('are narrowed by a search', async () => {
    asked.length = 0;
    await readChoices(
      clientThat(() => undefined),
      'bread',
    );
    expect(asked.filter(({ search }) => search === 'bread').map(({ path }) => path)).toEqual([
      '/wp/v2/categories',
      '/wp/v2/tags',
      '/wp/v2/users',
    ]);
  });
});

describe('names from WordPress', () => {
  it.each([
    ['a &amp; b', 'a & b'],
    ['&lt;b&gt;', '<b>'],
    ['&#8217;&#x2019;', '’’'],
    ['&amp;lt;', '&lt;'],
    ['&bogus; &#0; &#xD800; &#9999999;', '&bogus; &#0; &#xD800; &#9999999;'],
  ])('%s is read as %s', (html, text) => expect(decodeEntities(html)).toBe(text));
});
