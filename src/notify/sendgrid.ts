import { fetch, type Response } from 'undici';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { readRetryAfter } from '../net/retry-after.ts';
import { parseMailbox } from './address.ts';
import { type Mailer, serverWords } from './mailer.ts';

interface SendGridSettings {
  apiKey: string;
  from: string;
  /** Where the API is; the vendor's unless a test replaces it. */
  baseUrl?: string;
  /** For one request to the last byte of its answer, in milliseconds. */
  timeoutMs?: number;
}

/** Enough for every answer of theirs; whatever is longer is not one. */
const longestAnswer = 100_000;
const problem = z.object({ message: z.string(), field: z.string().nullish() });
const problems = z.object({ errors: z.array(problem) });
const scopes = z.object({ scopes: z.array(z.string()) });

/**
 * Sends through the HTTPS API of SendGrid (docs.sendgrid.com, v3 "Mail Send"). Following clicks and openings is turned
 * off: it would lead links that open accounts through a third host.
 */
export function createSendGridMailer({
  apiKey,
  from,
  baseUrl = 'https://api.sendgrid.com',
  timeoutMs = 60_000,
}: SendGridSettings): Mailer {
  const sender = parseMailbox(from);
  const closing = new AbortController();

  async function ask(path: string, body?: object): Promise<{ response: Response; text: string }> {
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
        // A redirect would carry a mail, and with it a link, to who knows where.
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      });
      return { response, text: await readCapped(response) };
    } catch (error) {
      const late = error instanceof DOMException && error.name === 'TimeoutError';
      const reason = late ? 'it did not answer in time' : 'the connection did not come about or broke off';
      throw new AppError('mail_unavailable', `SendGrid cannot be reached: ${reason}.`, { cause: error });
    }
  }

  return {
    kind: 'sendgrid',
    async send(message) {
      const { response, text } = await ask('/v3/mail/send', {
        personalizations: [{ to: [{ email: message.to }] }],
        from: { email: sender.address, ...(sender.name ? { name: sender.name } : {}) },
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
      if (response.status === 202) return { messageId: response.headers.get('x-message-id') ?? message.messageId };
      throw toMailError(response, readProblems(text), (words) => serverWords(words, message, [apiKey]));
    },
    async verify() {
      const { response, text } = await ask('/v3/scopes');
      if (response.status !== 200) {
        throw toMailError(response, readProblems(text), (words) => serverWords(words, null, [apiKey]));
      }
      const granted = scopes.safeParse(json(text)).data?.scopes ?? [];
      if (granted.includes('mail.send')) return `SendGrid takes mail from ${sender.address}`;
      throw new AppError('mail_misconfigured', 'The key of SendGrid may not send mail.', {
        hint: 'Give the key in SENDGRID_API_KEY the permission "Mail Send", or make a new one.',
      });
    },
    async close() {
      closing.abort(new Error('the process is stopping'));
    },
  };
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > longestAnswer) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is an answer too: its status says what it means.
    return undefined;
  }
}

const readProblems = (text: string) => problems.safeParse(json(text)).data?.errors ?? [];

/** What an answer other than success means; their errors name the field that they are about. */
function toMailError(
  { status, headers }: Response,
  errors: z.infer<typeof problem>[],
  shown: (words: string) => string,
): AppError {
  const words = shown(errors.map(({ message }) => message).join(' '));
  const said = words ? `: ${words}` : '.';
  const details = { status };
  if (status === 401) {
    return new AppError('mail_misconfigured', `SendGrid does not accept the key (401)${said}`, {
      hint: 'Correct SENDGRID_API_KEY, or look at the account at SendGrid, and restart; what waits is sent then.',
      details,
    });
  }
  if (status === 403 || errors.some(({ field }) => field?.startsWith('from'))) {
    return new AppError('mail_misconfigured', `SendGrid does not accept the sender (${status})${said}`, {
      hint: 'Verify the address in MAIL_FROM at SendGrid and give the key the permission "Mail Send", and restart; what waits is sent then.',
      details,
    });
  }
  if (status === 400 || status === 413) {
    return new AppError('mail_refused', `SendGrid refused this mail (${status})${said}`, { details });
  }
  const retryAt = status === 429 ? retryTime(headers) : null;
  return new AppError('mail_unavailable', `SendGrid cannot take mail at the moment (${status})${said}`, {
    details,
    ...(retryAt ? { retryAt } : {}),
  });
}

/** Retry-After, otherwise SendGrid's own header in seconds since 1970. */
function retryTime(headers: Response['headers']): Date | null {
  const after = headers.get('retry-after');
  if (after) return readRetryAfter(after, new Date());
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  return readRetryAfter(String(reset - Date.now() / 1000), new Date());
}
