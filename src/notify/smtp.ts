import { isIPv4 } from 'node:net';
import nodemailer from 'nodemailer';
import { AppError } from '../errors.ts';
import { isMailAddress, parseMailbox } from './address.ts';
import { type Mailer, type Message, serverWords } from './mailer.ts';

/** All times in milliseconds. */
export interface SmtpTiming {
  /** From the name of the host to the end of the TLS handshake. */
  connectMs: number;
  greetingMs: number;
  /** Silence in the middle of a conversation. */
  silenceMs: number;
  /** The same, while a person waits for {@link Mailer.verify}. */
  verifySilenceMs: number;
}

export const smtpTiming: SmtpTiming = {
  connectMs: 30_000,
  greetingMs: 30_000,
  // Ten minutes for the answer to a whole mail, as RFC 5321 (4.5.3.2.6) demands: a client that is less patient sends
  // again what a slow filter has already accepted.
  silenceMs: 10 * 60_000,
  verifySilenceMs: 20_000,
};

interface SmtpSettings {
  /** smtp:// or smtps:// with user and password, percent-encoded. */
  url: string;
  from: string;
  timing?: SmtpTiming;
  /** PEM certificates of authorities to trust instead of the built-in ones. */
  ca?: string;
}

/** What nodemailer hangs on its errors. */
interface SmtpError extends Error {
  code?: string;
  originalCode?: string;
  command?: string;
  response?: string;
  responseCode?: number;
  permanent?: boolean;
}

/**
 * Sends over SMTP, with one connection for each mail: there are few, and no state is left that could be stale.
 *
 * `smtps://` is TLS from the start. `smtp://` takes STARTTLS where the server offers it, and insists on it when there is
 * a password to protect: otherwise whoever sits on the line could strike the offer out and read along. Certificates are
 * checked, also after STARTTLS; not on this very machine, where nobody sits on the line and where mail servers come
 * with a certificate that they made themselves. An authority of one's own is trusted through NODE_EXTRA_CA_CERTS.
 */
export function createSmtpMailer({ url, from, timing = smtpTiming, ca }: SmtpSettings): Mailer {
  const server = parseSmtpUrl(url);
  const loopback = isLoopback(server.host);
  const closing = new AbortController();
  const connect = {
    host: server.host,
    ...(server.port === null ? {} : { port: server.port }),
    secure: server.secure,
    requireTLS: !server.secure && server.auth !== null && !loopback,
    ...(server.auth ? { auth: server.auth } : {}),
    tls: { rejectUnauthorized: !loopback, ...(ca ? { ca } : {}) },
    connectionTimeout: timing.connectMs,
    dnsTimeout: timing.connectMs,
    greetingTimeout: timing.greetingMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const transport = nodemailer.createTransport({ ...connect, socketTimeout: timing.silenceMs });
  const sender = parseMailbox(from);
  const secrets = server.auth ? [server.auth.pass, encodeURIComponent(server.auth.pass)] : [];
  const explain = (error: unknown, message: Message | null) =>
    toMailError(error as SmtpError, server.host, (words) => serverWords(words, message, secrets));

  return {
    kind: 'smtp',
    async send(message) {
      // Whatever came in here: a line break in an address would be a command to the server.
      if (!isMailAddress(message.to)) throw new AppError('mail_refused', 'This is not one mail address.');
      try {
        await transport.sendMail({
          // Addresses as objects: a text would be parsed, and could turn out to hold two.
          from: sender,
          to: { name: '', address: message.to },
          envelope: { from: sender.address, to: [message.to] },
          subject: message.subject,
          text: message.text,
          html: message.html,
          date: message.date,
          messageId: message.messageId,
          // Keeps holiday notices from answering (RFC 3834, section 5).
          headers: { 'Auto-Submitted': 'auto-generated' },
          xMailer: false,
          signal: closing.signal,
        });
        return { messageId: message.messageId };
      } catch (error) {
        throw explain(error, message);
      }
    },
    async verify() {
      try {
        await nodemailer.createTransport({ ...connect, socketTimeout: timing.verifySilenceMs }).verify();
        return `${server.host} takes mail${server.auth ? ` from ${server.auth.user}` : ''}`;
      } catch (error) {
        throw explain(error, null);
      }
    },
    async close() {
      closing.abort(new Error('the process is stopping'));
      transport.close();
    },
  };
}

interface SmtpServer {
  host: string;
  port: number | null;
  secure: boolean;
  auth: { user: string; pass: string } | null;
}

/** Reads SMTP_URL. A query is not looked at: some of what could be put there would log whole mails. */
function parseSmtpUrl(text: string): SmtpServer {
  try {
    const url = new URL(text);
    return {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port ? Number(url.port) : null,
      secure: url.protocol === 'smtps:',
      auth: url.username ? { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } : null,
    };
  } catch {
    // The cause would repeat the password.
    throw new AppError(
      'config_invalid',
      'SMTP_URL: user and password must be percent-encoded, for example % as %25 and @ as %40',
    );
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Refusals of a login, of one that is missing, or of one that is too weak (RFC 4954, section 6). */
const loginReplies = new Set([530, 534, 535, 538]);
const certificateCodes =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECODE|DECRYPT)|EPROTO$|ERR_SSL)/;

/** What went wrong, by where in the conversation it did: the same number means another thing at each command. */
function toMailError(error: SmtpError, host: string, shown: (words: string) => string): AppError {
  const { code = '', originalCode = '', command = '', responseCode } = error;
  const words = error.response ? shown(error.response) : '';
  const details = { host, command: command.split(' ')[0] ?? '', responseCode, reason: originalCode || code };
  const failed = (
    errorCode: 'mail_unavailable' | 'mail_misconfigured' | 'mail_refused',
    message: string,
    hint?: string,
  ): AppError => new AppError(errorCode, message, { details, ...(hint ? { hint } : {}) });

  if (responseCode === undefined && (code === 'ETLS' || certificateCodes.test(originalCode))) {
    return failed(
      'mail_misconfigured',
      `No protected connection to the mail server ${host} came about: ${shown(error.message)}`,
      'Check the host, the port and smtp:// or smtps:// in SMTP_URL. The authority of a private certificate is named by NODE_EXTRA_CA_CERTS.',
    );
  }
  const permanent = error.permanent === true;
  if (loginReplies.has(responseCode ?? 0) || code === 'ENOAUTH' || (code === 'EAUTH' && permanent)) {
    return failed(
      'mail_misconfigured',
      `The mail server ${host} does not accept the login${words ? `: ${words}` : '.'}`,
      'Correct user and password in SMTP_URL and restart; what waits is sent then. blog-poster doctor tries them.',
    );
  }
  if (permanent && command.startsWith('MAIL')) {
    return failed(
      'mail_misconfigured',
      `The mail server ${host} does not accept the sender: ${words}`,
      'Set MAIL_FROM to an address that this mail server may send for, and restart; what waits is sent then.',
    );
  }
  if (permanent && command.startsWith('RCPT') && /relay/i.test(words)) {
    return failed(
      'mail_misconfigured',
      `The mail server ${host} does not pass mail on for this instance: ${words}`,
      'Put user and password into SMTP_URL, or let the mail server relay for this machine; then restart.',
    );
  }
  if (permanent && /^(RCPT|DATA)/.test(command)) {
    return failed('mail_refused', `The mail server refused this mail: ${words}`);
  }
  if (permanent) {
    return failed('mail_misconfigured', `The mail server ${host} does not talk to this instance: ${words}`);
  }
  if (responseCode !== undefined) {
    return failed('mail_unavailable', `The mail server ${host} cannot take mail at the moment: ${words}`);
  }
  const reason =
    code === 'EDNS'
      ? 'its name is not known'
      : code === 'ETIMEDOUT'
        ? 'it did not answer in time'
        : originalCode === 'ECONNREFUSED'
          ? 'it refuses connections'
          : 'the connection broke off';
  return failed('mail_unavailable', `The mail server ${host} cannot be reached: ${reason}.`);
}
