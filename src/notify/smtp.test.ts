import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { type MailServer, startMailServer } from '../../test/fakes/mail-server.ts';
import type { Mailer, Message } from './mailer.ts';
import { createSmtpMailer, smtpTiming } from './smtp.ts';

const message: Message = {
  messageId: '<0199-test@mail.example.com>',
  to: 'ada@example.org',
  subject: 'Grüße aus 東京',
  text: 'Öffne den Link:\nhttps://posts.example.com/reset?token=QmFzZTY0LXRva2VuLWZvci10ZXN0cw\n',
  html: '<p>Öffne den <a href="https://posts.example.com/reset?token=QmFzZTY0LXRva2VuLWZvci10ZXN0cw">Link</a></p>',
  date: new Date('2026-11-24T09:00:00Z'),
};
const from = 'Müllers Blog <posts@mail.example.com>';

let server: MailServer | null = null;
let plain: Server | null = null;
let mailer: Mailer | null = null;
afterEach(async () => {
  await mailer?.close();
  await server?.close();
  plain?.close();
  server = plain = null;
});

async function failureOf(work: Promise<unknown>) {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error as { code: string; message: string; hint: string };
}

test('a mail arrives with both bodies, its subject and its names in any script, and the given Message-ID', async () => {
  server = await startMailServer();
  mailer = createSmtpMailer({ url: server.url, from });
  await mailer.send(message);
  const [mail] = server.mails;
  expect(server.mails).toHaveLength(1);
  expect(mail).toMatchObject({ from: 'posts@mail.example.com', to: ['ada@example.org'] });
  expect(mail?.parsed).toMatchObject({
    subject: message.subject,
    text: message.text,
    messageId: message.messageId,
    date: message.date,
  });
  expect(String(mail?.parsed.html).trim()).toBe(message.html);
  expect(mail?.parsed.from?.value).toEqual([{ name: 'Müllers Blog', address: 'posts@mail.example.com' }]);
  expect(mail?.parsed.headers.get('auto-submitted')).toBe('auto-generated');
  expect(mail?.raw).not.toMatch(/nodemailer/i);
});

test('STARTTLS is used where it is offered, and the login goes through it', async () => {
  server = await startMailServer({ starttls: true, user: 'posts@x', password: 'p@ss/wörd%' });
  mailer = createSmtpMailer({ url: server.url, from });
  await mailer.send(message);
  expect(server.mails).toMatchObject([{ secure: true, user: 'posts@x' }]);
  expect(await mailer.verify()).toBe('127.0.0.1 takes mail from posts@x');
});

test('smtps is TLS from the start', async () => {
  server = await startMailServer({ secure: true });
  mailer = createSmtpMailer({ url: server.url, from });
  await mailer.send(message);
  expect(server.mails).toMatchObject([{ secure: true }]);
});

/** An address of this machine that is not loopback, where certificates count; the test network's own if there is one. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((face) => face && !face.internal && face.family === 'IPv4')?.address;

test.runIf(outside)('beyond this machine a certificate is checked, with smtps and after STARTTLS', async () => {
  for (const kind of [{ secure: true }, { starttls: true }]) {
    server = await startMailServer({ ...kind, host: outside as string });
    const untrusted = createSmtpMailer({ url: server.url, from });
    const failure = await failureOf(untrusted.send(message));
    expect(failure).toMatchObject({ code: 'mail_misconfigured', message: expect.stringContaining('certificate') });
    expect(failure.hint).toContain('NODE_EXTRA_CA_CERTS');
    // Trusted, but made out to another name.
    const ca = readFileSync(new URL('../net/__fixtures__/ca.pem', import.meta.url), 'utf8');
    const misnamed = createSmtpMailer({ url: server.url, from, ca });
    expect(await failureOf(misnamed.send(message))).toMatchObject({ code: 'mail_misconfigured' });
    expect(server.mails).toEqual([]);
    await server.close();
  }
});

test.runIf(outside)('beyond this machine a password is never sent in the clear', async () => {
  server = await startMailServer({ host: outside as string, user: 'posts', password: 'hunter2hunter2' });
  mailer = createSmtpMailer({ url: server.url, from });
  expect(await failureOf(mailer.send(message))).toMatchObject({ code: 'mail_misconfigured' });
  expect(server.logins).toEqual([]);
});

test('a wrong password is a wrong setting, and is in neither message nor hint', async () => {
  server = await startMailServer({ user: 'posts', password: 'right' });
  mailer = createSmtpMailer({ url: `smtp://posts:hunter2-wrong@127.0.0.1:${server.port}`, from });
  for (const failure of [await failureOf(mailer.send(message)), await failureOf(mailer.verify())]) {
    expect(failure).toMatchObject({ code: 'mail_misconfigured', hint: expect.stringContaining('SMTP_URL') });
    expect(failure.message).toContain('535');
    expect(JSON.stringify(failure) + failure.message).not.toContain('hunter2');
  }
});

test.each([
  { where: 'onRecipient', code: 451, expected: 'mail_unavailable' },
  { where: 'onRecipient', code: 450, expected: 'mail_unavailable' },
  { where: 'onRecipient', code: 550, expected: 'mail_refused' },
  { where: 'onRecipient', code: 551, expected: 'mail_refused' },
  { where: 'onRecipient', code: 553, expected: 'mail_refused' },
  { where: 'onRecipient', code: 554, expected: 'mail_refused' },
  { where: 'onRecipient', code: 503, expected: 'mail_unavailable' },
  { where: 'onRecipient', code: 421, expected: 'mail_unavailable' },
  { where: 'onRecipient', code: 530, expected: 'mail_misconfigured' },
  { where: 'onSender', code: 553, expected: 'mail_misconfigured' },
  { where: 'onSender', code: 451, expected: 'mail_unavailable' },
  { where: 'onMail', code: 451, expected: 'mail_unavailable' },
  { where: 'onMail', code: 554, expected: 'mail_refused' },
] as const)('$code at $where is $expected, with the words of the server', async ({ where, code, expected }) => {
  server = await startMailServer();
  server[where] = () => ({ code, text: 'the words of the server' });
  mailer = createSmtpMailer({ url: server.url, from });
  const failure = await failureOf(mailer.send(message));
  expect(failure.code).toBe(expected);
  expect(failure.message).toContain(`${code} the words of the server`);
  expect(server.mails).toEqual([]);
});

test('a server that does not pass mail on is a wrong setting, not a wrong recipient', async () => {
  server = await startMailServer();
  server.onRecipient = () => ({ code: 554, text: '5.7.1 Relay access denied' });
  mailer = createSmtpMailer({ url: server.url, from });
  expect(await failureOf(mailer.send(message))).toMatchObject({ code: 'mail_misconfigured' });
});

test('what a server quotes of the mail is not repeated, and its words end up on one short line', async () => {
  server = await startMailServer();
  const link = 'https://posts.example.com/reset?token=QmFzZTY0LXRva2VuLWZvci10ZXN0cw';
  server.onMail = () => ({ code: 554, text: `bad link ${link}\u0007 ${'very long '.repeat(100)}` });
  mailer = createSmtpMailer({ url: server.url, from });
  const { message: text } = await failureOf(mailer.send(message));
  expect(text).toContain('bad link');
  expect(text).not.toContain('QmFzZTY0');
  expect(text).not.toContain('\u0007');
  expect(text.split(/[\r\n]/)).toHaveLength(1);
  expect(text.length).toBeLessThan(400);
});

test('a server that is not there, never greets or breaks off is unavailable', async () => {
  server = await startMailServer();
  const { url } = server;
  server.onMail = () => 'drop';
  mailer = createSmtpMailer({ url, from });
  expect(await failureOf(mailer.send(message))).toMatchObject({ code: 'mail_unavailable' });
  await server.close();
  server = null;
  const gone = await failureOf(mailer.send(message));
  expect(gone).toMatchObject({ code: 'mail_unavailable', message: expect.stringContaining('refuses connections') });

  const sockets: Socket[] = [];
  plain = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => plain?.listen(0, '127.0.0.1', resolve));
  const { port } = plain.address() as { port: number };
  const impatient = createSmtpMailer({
    url: `smtp://127.0.0.1:${port}`,
    from,
    timing: { ...smtpTiming, greetingMs: 50 },
  });
  const late = await failureOf(impatient.send(message));
  expect(late).toMatchObject({ code: 'mail_unavailable', message: expect.stringContaining('in time') });
  for (const socket of sockets) socket.destroy();
});

test('closing breaks off a mail that a server holds up', async () => {
  server = await startMailServer();
  const arrived = Promise.withResolvers<void>();
  server.onMail = () => {
    arrived.resolve();
    return 'hang';
  };
  mailer = createSmtpMailer({ url: server.url, from });
  const sending = failureOf(mailer.send(message));
  await arrived.promise;
  await mailer.close();
  expect(await sending).toMatchObject({ code: 'mail_unavailable' });
});

test('no header can be begun from within a subject, a name or an address', async () => {
  server = await startMailServer();
  mailer = createSmtpMailer({ url: server.url, from: 'Eve\r\nBcc: all@example.org <posts@mail.example.com>' });
  await mailer.send({ ...message, subject: 'Hello\r\nBcc: all@example.org\r\n\r\nbody' });
  expect(server.mails[0]?.to).toEqual(['ada@example.org']);
  expect(server.mails[0]?.parsed.bcc).toBeUndefined();
  expect(server.mails[0]?.parsed.headers.get('bcc')).toBeUndefined();
  const two = await failureOf(mailer.send({ ...message, to: 'ada@example.org>\r\nRCPT TO:<all@example.org' }));
  expect(two).toMatchObject({ code: expect.stringMatching(/^mail_/) });
  expect(server.mails).toHaveLength(1);
});

test('a password that is not percent-encoded is named without being repeated', () => {
  const create = () => createSmtpMailer({ url: 'smtp://posts:100%secret@mail.example.com', from });
  expect(create).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  expect(create).not.toThrow(/secret/);
});
