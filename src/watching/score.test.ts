import { describe, expect, it } from 'vitest';
import { canonicalAddress } from './address.ts';
import { partiesOf, proposalScore } from './score.ts';

const now = new Date('2026-11-30T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const seen = (url: string, days: number | null = 0) => ({
  title: 'T',
  url,
  publishedAt: days === null ? null : daysAgo(days).toISOString(),
});
const score = (evidence: ReturnType<typeof seen>[], familiarity: number | null = 0, since = now) =>
  proposalScore({ evidence, familiarity, since }, now);

describe('the score of a proposal', () => {
  it.each([
    ['new, one party, nothing of it is the account’s', [seen('https://a.example/1')], 0, 50],
    ['a half-life old', [seen('https://a.example/1', 14)], 0, 30],
    ['old', [seen('https://a.example/1', 1400)], 0, 10],
    ['two parties', [seen('https://a.example/1'), seen('https://b.example/1')], 0, 65],
    ['two pages of one party', [seen('https://blog.a.com/1'), seen('https://www.a.com/2')], 0, 50],
    ['three parties', ['a', 'b', 'c'].map((name) => seen(`https://${name}.example/`)), 0, 75],
    ['five parties', ['a', 'b', 'c', 'd', 'e'].map((name) => seen(`https://${name}.example/`)), 0, 80],
    ['what the account writes about', [seen('https://a.example/1')], 1, 70],
    ['an account that has written nothing', [seen('https://a.example/1')], null, 60],
  ])('of %s', (_what, evidence, familiarity, expected) => {
    expect(score(evidence, familiarity)).toBe(expected);
  });

  it('goes by the newest of several dates, and by when it was proposed where there is none', () => {
    expect(score([seen('https://a.example/1', 100), seen('https://a.example/2', 14)])).toBe(30);
    expect(score([seen('https://a.example/1', null)], 0, daysAgo(14))).toBe(30);
    // A clock that is ahead makes nothing newer than now.
    expect(score([seen('https://a.example/1', -30)])).toBe(50);
  });

  it('counts parties by registrable domain, and blogs on one host apart', () => {
    expect(partiesOf([{ url: 'https://one.co.uk/' }, { url: 'https://two.co.uk/' }])).toBe(2);
    expect(partiesOf([{ url: 'https://one.github.io/' }, { url: 'https://two.github.io/' }])).toBe(2);
    expect(partiesOf([{ url: 'http://127.0.0.1:81/' }, { url: 'http://127.0.0.1:82/' }])).toBe(2);
  });
});

describe('a canonical address', () => {
  it.each([
    ['https://www.a.example/post/?utm_source=feed&fbclid=1#top', 'a.example/post'],
    ['http://A.example/post', 'a.example/post'],
    ['https://a.example/?p=2&b=1', 'a.example?b=1&p=2'],
    ['https://a.example/', 'a.example'],
    ['mailto:a@a.example', null],
    ['nonsense', null],
  ])('of %s is %s', (address, key) => {
    expect(canonicalAddress(address)).toBe(key);
  });
});
