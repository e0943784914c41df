import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { createAccessTokens } from './access-tokens.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

it('expires to the second, also one whose signature is remembered', async () => {
  const user = await givenAccount(app, 'ann@example.com');
  let clock = Date.now();
  const tokens = createAccessTokens(app.ctx.auth, () => clock);
  const sessionId = crypto.randomUUID();
  const token = await tokens.sign({ userId: user.id, sessionId });
  expect(await tokens.verify(token)).toMatchObject({ userId: user.id, sessionId });
  clock += 899_000;
  expect(await tokens.verify(token)).toMatchObject({ sessionId });
  clock += 2_000;
  // The library looks at the real clock.
  vi.useFakeTimers({ now: clock, toFake: ['Date'] });
  try {
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'unauthenticated', message: /expired/ });
  } finally {
    vi.useRealTimers();
  }
});

it('is refused when one letter of it is another, however often it comes', async () => {
  const tokens = createAccessTokens(app.ctx.auth);
  const token = await tokens.sign({ userId: crypto.randomUUID(), sessionId: crypto.randomUUID() });
  await tokens.verify(token);
  const forged = `${token.slice(0, -10)}${token.at(-10) === 'A' ? 'B' : 'A'}${token.slice(-9)}`;
  for (let i = 0; i < 2; i++) await expect(tokens.verify(forged)).rejects.toMatchObject({ code: 'unauthenticated' });
});
