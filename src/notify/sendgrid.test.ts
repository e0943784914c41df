import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Mailer, Message } from './mailer.ts';
import { createSendGridMailer } from './sendgrid.ts';

const apiKey = 'SG.a-key-of-sendgrid-for-tests';
const message: Message = {
  messageId: '<0199-test@mail.example.com>',
  to: 'ada@example.org',
  subject: 'Grüße\r\nBcc: all@example.org',
  text: 'https://posts.example.com/reset?token=QmFzZTY0LXRva2VuLWZvci10ZXN0cw\n',
  html: '<p>Hello</p>',
  date: new Date(),
};

let server: Server;
let mailer: Mailer;
let requests: { path: string; headers: IncomingHttpHeaders; body: string }[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  requests = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    requests.push({ path: request.url ?? '', headers: request.headers, body });
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}`;
  mailer = createSendGridMailer({ apiKey, from: 'Posts <posts@mail.example.com>', baseUrl, timeoutMs: 1_000 });
});
afterEach(async () => {
  await mailer.close();
  server.closeAllConnections();
  server.close();
});

function respond(status: number, body: unknown = '', headers: Record<string, string> = {}): void {
  answer = (response) => response.writeHead(status, headers).end(body === '' ? '' : JSON.stringify(body));
}
const errors = (text: string, field: string | null = null) => ({ errors: [{ message: text, field, help: null }] });
async function failure(work: Promise<unknown> = mailer.send(message)) {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error as { code: string; message: string; hint: string; retryAt?: Date };
}

test('202 is accepted, with the id that SendGrid gives it, and no link is led through a third host', async () => {
  respond(202, '', { 'x-message-id': 'sendgrid-id-1' });
  expect(await mailer.send(message)).toEqual({ messageId: 'sendgrid-id-1' });
  const [request] = requests;
  expect(request?.path).toBe('/v3/mail/send');
  expect(request?.headers.authorization).toBe(`Bearer ${apiKey}`);
  expect(JSON.parse(request?.body ?? '')).toEqual({
    personalizations: [{ to: [{ email: 'ada@example.org' }] }],
    from: { email: 'posts@mail.example.com', name: 'Posts' },
    subject: message.subject,
    content: [
      { type: 'text/plain', value: message.text },
      { type: 'text/html', value: message.html },
    ],
    headers: { 'Message-ID': message.messageId, 'Auto-Submitted': 'auto-generated' },
    tracking_settings: {
      click_tracking: { enable: false, enable_text: false },
      open_tracking: { enable: false },
    },
  });
});

test.each([
  [400, errors('Does not contain a valid address.', 'personalizations.0.to.0.email'), 'mail_refused'],
  [400, errors('The from address does not match a verified Sender Identity.', 'from.email'), 'mail_misconfigured'],
  [413, '', 'mail_refused'],
  [401, errors('The provided authorization grant is invalid'), 'mail_misconfigured'],
  [403, errors('access forbidden'), 'mail_misconfigured'],
  [429, errors('too many requests'), 'mail_unavailable'],
  [500, 'not even an object', 'mail_unavailable'],
  [503, '', 'mail_unavailable'],
  [302, '', 'mail_unavailable'],
  [200, '', 'mail_unavailable'],
] as const)('%i with %j is %s%s', async (status, body, code) => {
  respond(status, body, status === 302 ? { location: 'https://elsewhere.example/' } : {});
  const seen = await failure();
  expect(seen.code).toBe(code);
  expect(seen.message).toContain(String(status));
  if (typeof body === 'object') expect(seen.message).toContain(body.errors[0]?.message);
  expect(requests).toHaveLength(1);
});

test('after 429 it waits as long as it is told to', async () => {
  respond(429, '', { 'retry-after': '90' });
  expect((await failure()).retryAt?.getTime()).toBeCloseTo(Date.now() + 90_000, -4);
  const date = new Date(Date.now() + 120_000);
  respond(429, '', { 'retry-after': date.toUTCString() });
  expect((await failure()).retryAt?.getTime()).toBeCloseTo(date.getTime(), -4);
  respond(429, '', { 'x-ratelimit-reset': String(Math.round(date.getTime() / 1000)) });
  expect((await failure()).retryAt?.getTime()).toBeCloseTo(date.getTime(), -4);
  respond(429, '', { 'retry-after': 'soon' });
  expect((await failure()).retryAt).toBeUndefined();
});

test('silence, a broken connection and closing are unavailable', async () => {
  answer = () => undefined;
  expect(await failure()).toMatchObject({ code: 'mail_unavailable', message: expect.stringContaining('in time') });
  answer = (response) => response.destroy();
  expect(await failure()).toMatchObject({ code: 'mail_unavailable' });
  const asked = Promise.withResolvers<void>();
  answer = () => asked.resolve();
  const sending = failure();
  await asked.promise;
  await mailer.close();
  expect(await sending).toMatchObject({ code: 'mail_unavailable' });
});

test('neither the key nor a link is in what an error says', async () => {
  respond(400, errors(`bad ${apiKey} in token=QmFzZTY0LXRva2VuLWZvci10ZXN0cw`));
  const seen = await failure();
  expect(seen.message).toContain('[secret]');
  expect(JSON.stringify(seen) + seen.message).not.toMatch(/a-key-of-sendgrid|QmFzZTY0/);
});

test('an answer that does not end is not read to its end', async () => {
  answer = (response) => {
    response.writeHead(500);
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(50_000)));
      response.once('drain', more);
    };
    more();
  };
  expect(await failure()).toMatchObject({ code: 'mail_unavailable', message: expect.stringContaining('500') });
});

test('the check asks what the key may do, and sends nothing', async () => {
  respond(200, { scopes: ['mail.send', 'alerts.read'] });
  expect(await mailer.verify()).toContain('posts@mail.example.com');
  respond(200, { scopes: ['alerts.read'] });
  expect(await failure(mailer.verify())).toMatchObject({ code: 'mail_misconfigured' });
  respond(401, errors('authorization required'));
  expect(await failure(mailer.verify())).toMatchObject({
    code: 'mail_misconfigured',
    hint: expect.stringContaining('SENDGRID_API_KEY'),
  });
  expect(requests.map(({ path }) => path)).toEqual(['/v3/scopes', '/v3/scopes', '/v3/scopes']);
});
