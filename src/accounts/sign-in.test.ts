import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, givenAccount } from '../../test/accounts.ts';
import { startTestApp, type TestApp } from '../../test/harness.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
  console.log(
    app.logs
      .filter((l) => l.includes('failed') || l.includes('better'))
      .join('')
      .slice(0, 3000),
  );
  return app.close();
});

describe('logging in', () => {
  it('gives tokens and a cookie, each of which lets the user in', async () => {
    const user = await givenAccount(app, 'ann@example.com');
    expect((await user.api.ask('GET', '/me')).json).toMatchObject({ id: user.id, email: 'ann@example.com' });
    const browser = client(app, { cookie: user.cookie });
    expect((await browser.ask('GET', '/me')).json).toMatchObject({ id: user.id });
    expect((await browser.ask('GET', '/auth/session')).json).toMatchObject({ user: { id: user.id } });
  });
});
