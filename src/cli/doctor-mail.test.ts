import { afterEach, expect, test } from 'vitest';
import { type MailServer, startMailServer } from '../../test/fakes/mail-server.ts';
import { testConfig } from '../../test/harness.ts';
import { createMailer } from '../notify/create-mailer.ts';
import { inspectMail } from './doctor-mail.ts';

let server: MailServer | null = null;
afterEach(() => server?.close());

async function inspect(env: Record<string, string>) {
  const { config, secrets } = testConfig(env);
  const mailer = createMailer(config, secrets);
  const finding = await inspectMail(mailer);
  await mailer.close();
  return finding;
}

test('no mail is no problem, and says what to set', async () => {
  expect(await inspect({})).toMatchObject({ severity: 'ok', hint: expect.stringContaining('SMTP_URL') });
});

test('a mail server that takes the login is fine, and gets no mail', async () => {
  server = await startMailServer({ user: 'posts', password: 'right' });
  expect(await inspect({ SMTP_URL: server.url })).toEqual({
    check: 'mail',
    severity: 'ok',
    message: '127.0.0.1 takes mail from posts',
  });
  expect(server.mails).toEqual([]);
});

test('a wrong password and a server that is not there are problems with a mend', async () => {
  server = await startMailServer({ user: 'posts', password: 'right' });
  const wrong = await inspect({ SMTP_URL: `smtp://posts:hunter2@127.0.0.1:${server.port}` });
  expect(wrong).toMatchObject({ severity: 'problem', hint: expect.stringContaining('SMTP_URL') });
  expect(JSON.stringify(wrong)).not.toContain('hunter2');
  const { url } = server;
  await server.close();
  expect(await inspect({ SMTP_URL: url })).toMatchObject({
    severity: 'problem',
    message: expect.stringContaining('refuses connections'),
  });
});
