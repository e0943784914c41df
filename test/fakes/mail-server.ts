import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** What the server may answer in place of taking something: an SMTP reply, or a connection that breaks. */
export type MailFault = { code: number; text: string } | 'drop' | 'hang' | null;

/** A mail as it arrived. */
export interface ArrivedMail {
  from: string;
  to: string[];
  /** Whether it came over TLS. */
  secure: boolean;
  user: string | null;
  /** The whole message. */
  raw: string;
  parsed: ParsedMail;
}

/** A real SMTP server on this machine, with a script for what it refuses. */
export interface MailServer {
  /** For SMTP_URL, with user and password if it demands them. */
  url: string;
  port: number;
  /** Mails that it has taken, in order; those for whose taking it then never answered as well. */
  mails: ArrivedMail[];
  /** Logins that were tried. */
  logins: string[];
  onRecipient(address: string): MailFault;
  onSender(address: string): MailFault;
  /** Decides after the whole mail has come. */
  onMail(mail: ArrivedMail): MailFault | Promise<MailFault>;
  close(): Promise<void>;
}

interface MailServerOptions {
  port?: number;
  host?: string;
  user?: string;
  password?: string;
  /** Whether STARTTLS is offered; the certificate is for localhost and 127.0.0.1. */
  starttls?: boolean;
  /** TLS from the start. */
  secure?: boolean;
}

const fixture = (name: string) => readFileSync(new URL(`../../src/net/__fixtures__/${name}`, import.meta.url));

/** Starts it; `port` 0 takes any free one. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { user, password, host = '127.0.0.1' } = options;
  const sockets = new Set<Socket>();
  const server = new SMTPServer({
    secure: options.secure ?? false,
    disabledCommands: options.starttls ? [] : ['STARTTLS'],
    authOptional: user === undefined,
    allowInsecureAuth: !options.starttls,
    key: fixture('server.key.pem'),
    cert: fixture('valid.pem'),
    closeTimeout: 100,
    disableReverseLookup: true,
    onAuth(given, _session, callback) {
      mailServer.logins.push(String(given.username));
      if (given.username === user && given.password === password) callback(null, { user: given.username });
      else callback(reply(535, '5.7.8 Error: authentication failed'));
    },
    onMailFrom: ({ address }, _session, callback) => answer(mailServer.onSender(address), callback),
    onRcptTo: ({ address }, _session, callback) => answer(mailServer.onRecipient(address), callback),
    async onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      const raw = Buffer.concat(chunks);
      const { mailFrom, rcptTo } = session.envelope;
      const mail: ArrivedMail = {
        from: mailFrom ? mailFrom.address : '',
        to: rcptTo.map(({ address }) => address),
        secure: session.secure,
        user: session.user ? String(session.user) : null,
        raw: raw.toString('utf8'),
        parsed: await simpleParser(raw),
      };
      const fault = await mailServer.onMail(mail);
      if (fault === null || typeof fault === 'string') mailServer.mails.push(mail);
      answer(fault, callback);
    },
  });
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('error', () => undefined);
  function answer(fault: MailFault, callback: (error?: Error | null) => void): void {
    if (fault === 'drop') for (const socket of sockets) socket.destroy();
    else if (fault !== 'hang') callback(fault === null ? null : reply(fault.code, fault.text));
  }
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.server.address() as AddressInfo;
  const login = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? '')}@`;
  const mailServer: MailServer = {
    url: `${options.secure ? 'smtps' : 'smtp'}://${login}${host}:${port}`,
    port,
    mails: [],
    logins: [],
    onRecipient: () => null,
    onSender: () => null,
    onMail: () => null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return mailServer;
}

function reply(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}
