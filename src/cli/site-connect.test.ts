import { expect, it } from 'vitest';
import type { Api } from './api.ts';
import type { SiteAnswer } from './site.ts';
import { waitForSite } from './site-connect.ts';

const site = (id: string, more: Partial<SiteAnswer> = {}) =>
  ({
    id,
    url: 'https://blog.example/',
    connectedBy: 'authorized',
    lastCheckedAt: '2026-11-03T00:00:00.000Z',
    updatedAt: '2026-11-01T00:00:00.000Z',
    ...more,
  }) as SiteAnswer;

/** Answers the lists one after the other, the last one for ever. */
function apiThat(...lists: SiteAnswer[][]): Pick<Api, 'request'> & { asked: number } {
  const api = {
    asked: 0,
    async request() {
      api.asked += 1;
      return { items: lists[Math.min(api.asked, lists.length) - 1], nextCursor: null };
    },
  };
  return api as unknown as Pick<Api, 'request'> & { asked: number };
}
const wanted = { known: new Map([['old', '2026-11-01T00:00:00.000Z']]), host: 'blog.example', everyMs: 1 };
const forever = new AbortController().signal;

it('waits for a site that is new, of that host, handed over by the site, and checked', async () => {
  const others = [
    site('old'),
    site('typed', { connectedBy: 'typed' }),
    site('elsewhere', { url: 'https://other.example/' }),
    site('new', { lastCheckedAt: null }),
  ];
  const api = apiThat([], others, others, [...others.slice(0, 3), site('new')]);
  const found = await waitForSite(api, { ...wanted, until: new Date(Date.now() + 60_000) }, forever);
  expect(found.id).toBe('new');
  expect(api.asked).toBe(4);
});

it('takes a site that was connected before for connected when its connection was renewed', async () => {
  const renewed = site('old', { updatedAt: '2026-11-02T00:00:00.000Z' });
  const until = new Date(Date.now() + 60_000);
  const unchecked = { ...renewed, lastCheckedAt: '2026-11-01T12:00:00.000Z' };
  const found = await waitForSite(apiThat([site('old')], [unchecked], [renewed]), { ...wanted, until }, forever);
  expect(found).toEqual(renewed);
});

it('gives up when the time is over, and ends when the user does', async () => {
  const over = waitForSite(apiThat([]), { ...wanted, until: new Date(Date.now() - 1) }, forever);
  await expect(over).rejects.toMatchObject({ code: 'invalid_state' });
  const until = new Date(Date.now() + 60_000);
  const ended = waitForSite(apiThat([]), { ...wanted, until, everyMs: 60_000 }, AbortSignal.timeout(1));
  await expect(ended).rejects.toMatchObject({ name: 'AbortError' });
});
