import type { Config, Secrets } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Mailer } from './mailer.ts';
import { createSendGridMailer } from './sendgrid.ts';
import { createSmtpMailer } from './smtp.ts';

/** Builds what the configuration names. Throws `config_invalid` for an address of a mail server that cannot be read. */
export function createMailer(
  config: Pick<Config, 'mail'>,
  secrets: Pick<Secrets, 'smtpUrl' | 'sendgridApiKey'>,
): Mailer {
  const { from } = config.mail;
  if (secrets.sendgridApiKey) return createSendGridMailer({ apiKey: secrets.sendgridApiKey, from });
  if (secrets.smtpUrl) return createSmtpMailer({ url: secrets.smtpUrl, from });
  const none = () => {
    throw new AppError('mail_misconfigured', 'No mail is configured.', {
      hint: 'Set SMTP_URL or SENDGRID_API_KEY, and MAIL_FROM.',
    });
  };
  return { kind: 'none', send: async () => none(), verify: async () => none(), close: async () => undefined };
}
