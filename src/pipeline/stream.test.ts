import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenPipeline, withModel } from '../../test/factories.ts';
import { diligentScript, scriptedModel } from '../../test/fakes/scripted-model.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { cancelPipeline, retryPipeline } from './commands.ts';
import { notifyText } from './event-bus.ts';
import { runPipeline } from './runner.ts';

let app: TestApp;
let address: string;
beforeAll(async () => {
  app = await startTestApp({ overrides: withModel(scriptedModel(diligentScript)) });
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  address = `http://127.0.0.1:${(app.server.server.address() as AddressInfo).port}/api/v1/pipelines`;
});
afterAll(() => app.close());

interface Event {
  id: number;
  type: string;
  data: Record<string, unknown>;
}

/** Reads a stream to its end (or until `enough` says so). */
async function readStream(
  id: string,
  lastEventId?: number,
  enough: (event: Event) => boolean = () => false,
): Promise<Event[]> {
  const stop = new AbortController();
  const answer = await fetch(`${address}/${id}/events`, {
    signal: stop.signal,
    headers: {
      authorization: `Bearer ${app.ctx.operatorToken}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
    },
  });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const events: Event[] = [];
  let rest = '';
  try {
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const parts = (rest + chunk).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1];
        if (!field('event')) continue;
        const event = { id: Number(field('id')), type: field('event') ?? '', data: JSON.parse(field('data') ?? '{}') };
        events.push(event);
        if (enough(event)) return events;
      }
    }
  } finally {
    stop.abort();
  }
  return events;
}

test('shows a run live, ends with done, and resumes after the last event that was seen', async () => {
  const { id } = await givenPipeline(app.ctx);
  const watching = readStream(id);
  await runPipeline(app.ctx, id, new AbortController().signal);
  const events = await watching;
  const finished = events
    .filter(({ type, data }) => type === 'step' && data.status === 'succeeded')
    .map(({ data }) => data.name);
  expect(finished).toEqual(['topic', 'research', 'outline', 'draft', 'check', 'seo', 'publish']);
  const progress = events.filter(({ type }) => type === 'progress').map(({ data }) => Number(data.progress));
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(progress.at(-1)).toBe(1);
  expect(events.at(-1)).toMatchObject({ type: 'done', data: { status: 'succeeded' } });
  // What is being written is shown without an id, and only by a machine that takes its time over it.
  const kept = events.filter(({ type }) => type !== 'text');
  expect(kept.map((event) => event.id)).toEqual([...new Set(kept.map((event) => event.id))].sort((a, b) => a - b));

  const middle = kept[Math.floor(kept.length / 2)];
  expect(await readStream(id, middle?.id)).toEqual(kept.filter((event) => event.id > (middle?.id ?? 0)));
});

test('passes on what is being written, without an id that a browser would resume from', async () => {
  const { id } = await givenPipeline(app.ctx, { duplicates: 'allow' });
  const watching = readStream(id, undefined, ({ type }) => type === 'text');
  const live = { step: 'draft', text: 'Half a sentence, "quoted",\nand 日本' };
  const timer = setInterval(() => void notifyText(app.ctx.db, id, live), 50);
  const events = await watching;
  clearInterval(timer);
  expect(events.at(-1)).toEqual({ id: Number.NaN, type: 'text', data: live });
  // Nothing of it is kept.
  await cancelPipeline(app.ctx, app.ctx.ownerId, id);
  expect((await readStream(id)).map(({ type }) => type)).toEqual(['done']);
});

test('goes on through a cancel and a retry', async () => {
  const { id } = await givenPipeline(app.ctx, { duplicates: 'allow' });
  await cancelPipeline(app.ctx, app.ctx.ownerId, id);
  const first = await readStream(id);
  expect(first.at(-1)).toMatchObject({ type: 'done', data: { status: 'cancelled' } });
  await retryPipeline(app.ctx, app.ctx.ownerId, id);
  const watching = readStream(id, first.at(-1)?.id);
  await runPipeline(app.ctx, id, new AbortController().signal);
  expect((await watching).at(-1)).toMatchObject({ type: 'done', data: { status: 'succeeded' } });
});
