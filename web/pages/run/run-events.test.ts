import { describe, expect, it } from 'vitest';
import { addEvent, elapsedMs, emptyFeed, isLive, latestOf, type RunEvent } from './run-events.ts';

const at = '2026-03-10T12:00:00.000Z';
const event = (id: number, type: string, data: Record<string, unknown>): RunEvent => ({
  id: String(id),
  type,
  data: JSON.stringify({ ...data, at }),
});
const feedOf = (...events: RunEvent[]) => events.reduce(addEvent, emptyFeed);

describe('the feed of a run', () => {
  it('keeps what was said, in order, with its step', () => {
    const feed = feedOf(
      event(1, 'step', { name: 'research', status: 'running', attempt: 1 }),
      event(2, 'log', { step: 'research', message: 'Reading https://a.example/.' }),
      event(3, 'step', { name: 'research', status: 'succeeded', attempt: 1 }),
    );
    expect(feed.activity.map(({ kind, step, message }) => [kind, step, message])).toEqual([
      ['log', 'research', 'Reading https://a.example/.'],
      ['finished', 'research', null],
    ]);
  });

  it('says nothing twice when a stream begins anew', () => {
    const events = [
      event(1, 'log', { step: 'topic', message: 'One.' }),
      event(2, 'log', { step: 'topic', message: 'Two.' }),
    ];
    const feed = feedOf(...events, ...events);
    expect(feed.activity.map((line) => line.message)).toEqual(['One.', 'Two.']);
    expect(addEvent(feed, events[0] as RunEvent)).toBe(feed);
  });

  it('knows the last words of each step', () => {
    const feed = feedOf(
      event(1, 'log', { step: 'topic', message: 'Looking.' }),
      event(2, 'log', { step: 'draft', message: 'Writing 1.' }),
      event(3, 'log', { step: 'draft', message: 'Writing 2.' }),
      event(4, 'step', { name: 'draft', status: 'succeeded' }),
    );
    expect(latestOf(feed, 'draft')).toBe('Writing 2.');
    expect(latestOf(feed, 'seo')).toBeNull();
  });

  it('has ended only when `done` is the last thing told', () => {
    const done = feedOf(
      event(1, 'done', { status: 'failed', error: { code: 'no_sources', message: 'Nothing to read.', hint: '' } }),
    );
    expect(done.ended).toBe(true);
    expect(done.activity.at(-1)).toMatchObject({ kind: 'ended', status: 'failed' });
    expect(addEvent(done, event(2, 'log', { message: 'Queued.' })).ended).toBe(false);
  });

  it('tells failures and waits in the words of the server', () => {
    const feed = feedOf(
      event(1, 'step', { name: 'draft', status: 'failed', error: { message: 'The model is busy.' } }),
      event(2, 'log', { waiting: { reason: 'provider', until: at, message: 'Trying again.' } }),
    );
    expect(feed.activity.map(({ kind, message }) => [kind, message])).toEqual([
      ['failed', 'The model is busy.'],
      ['log', 'Trying again.'],
    ]);
  });

  it('passes over progress, unknown steps and data that is not JSON, but remembers having seen them', () => {
    const feed = feedOf(
      event(1, 'progress', { progress: 0.5 }),
      event(2, 'step', { name: 'teleport', status: 'running' }),
      { id: '3', type: 'log', data: '{"message":' },
    );
    expect(feed.activity).toEqual([]);
    expect(feed.lastId).toBe(3);
  });

  it('shows what is being written until something else is told, and remembers nothing of it', () => {
    const live = (text: string): RunEvent => ({ id: '', type: 'text', data: JSON.stringify({ step: 'draft', text }) });
    const feed = feedOf(
      event(1, 'log', { step: 'draft', message: 'Writing 1.' }),
      live('A star'),
      live('A starter is'),
    );
    expect(feed).toMatchObject({ writing: { step: 'draft', text: 'A starter is' }, lastId: 1 });
    expect(feed.activity).toHaveLength(1);
    expect(addEvent(feed, event(2, 'progress', { progress: 0.5 })).writing).toEqual(feed.writing);
    expect(addEvent(feed, event(2, 'log', { step: 'draft', message: 'Writing 2.' })).writing).toBeNull();
    expect(addEvent(feed, { id: '', type: 'text', data: '{"step":"draft"' })).toEqual(feed);
    expect(addEvent(feed, { id: '', type: 'text', data: '{"step":"teleport","text":"x"}' })).toEqual(feed);
  });

  it('takes no event without a usable id', () => {
    expect(addEvent(emptyFeed, { id: '', type: 'log', data: '{"message":"x"}' })).toBe(emptyFeed);
    expect(addEvent(emptyFeed, { id: 'abc', type: 'log', data: '{"message":"x"}' })).toBe(emptyFeed);
  });
});

describe('whether a run goes on by itself', () => {
  it('does while it is queued, runs or waits for a time', () => {
    expect(isLive({ status: 'queued', waiting: null })).toBe(true);
    expect(isLive({ status: 'running', waiting: null })).toBe(true);
    expect(isLive({ status: 'waiting', waiting: { reason: 'retry', until: at } })).toBe(true);
  });

  it('does not when it has ended or waits for a person', () => {
    expect(isLive({ status: 'waiting', waiting: { reason: 'approval' } })).toBe(false);
    for (const status of ['succeeded', 'failed', 'cancelled'] as const)
      expect(isLive({ status, waiting: null })).toBe(false);
  });
});

describe('elapsed time', () => {
  const base = {
    startedAt: '2026-03-10T12:00:00.000Z',
    finishedAt: null,
    status: 'running' as const,
    waiting: null,
    steps: [],
  };
  const now = new Date('2026-03-10T12:01:00.000Z');

  it('grows while the run lives and stands still afterwards', () => {
    expect(elapsedMs(base, now)).toBe(60_000);
    expect(elapsedMs({ ...base, status: 'succeeded', finishedAt: '2026-03-10T12:00:07.000Z' }, now)).toBe(7_000);
  });

  it('is unknown before the run begins', () => {
    expect(elapsedMs({ ...base, startedAt: null, status: 'queued' }, now)).toBeNull();
  });

  it('ends with the last step while a person is waited for', () => {
    const step = {
      name: 'topic' as const,
      status: 'waiting' as const,
      attempt: 1,
      startedAt: base.startedAt,
      finishedAt: '2026-03-10T12:00:03.000Z',
      model: null,
      inputTokens: null,
      outputTokens: null,
      costMicroUsd: null,
      error: null,
    };
    expect(elapsedMs({ ...base, status: 'waiting', waiting: { reason: 'duplicate' }, steps: [step] }, now)).toBe(3_000);
  });
});
