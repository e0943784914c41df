import type { Config } from '../config.ts';
import { oneLine } from '../storable.ts';
import { limitText } from '../text/limit-text.ts';

/** One mail as it is handed to a mail server. */
export interface Message {
  /** With its angle brackets; the same in every attempt. */
  messageId: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** When it was written, in UTC. */
  date: Date;
}

/**
 * Whatever mails are sent through. What goes wrong is one of three: `mail_unavailable` (it may pass by itself),
 * `mail_misconfigured` (the operator has to mend a setting), `mail_refused` (this mail will never be taken).
 */
export interface Mailer {
  kind: Config['mail']['kind'];
  /** Hands a mail over; resolves once the server has taken responsibility, with what it named the mail. */
  send(message: Message): Promise<{ messageId: string }>;
  /** Connects and authenticates without sending anything; resolves with what is used, for a person to read. */
  verify(): Promise<string>;
  /** Breaks off what is under way: whether that arrives cannot be known then. */
  close(): Promise<void>;
}

const longestWords = 300;

/**
 * What a mail server said, fit to be stored and shown: on one line, at most 300 characters, without `secrets`, and
 * without what it quotes of the mail. Filters quote the links they object to, and a link here opens an account.
 */
export function serverWords(words: string, message: Pick<Message, 'text'> | null, secrets: readonly string[]): string {
  let shown = oneLine(words);
  for (const secret of secrets) if (secret) shown = shown.replaceAll(secret, '[secret]');
  // No word of a language is that long; tokens are.
  const quoted = (run: string) => (message?.text.includes(run) ? '[...]' : run);
  return limitText(shown.replace(/[\w-]{16,}/g, quoted), longestWords);
}
