import { AppError } from '../errors.ts';
import type { Mailer } from '../notify/mailer.ts';
import type { Finding } from './doctor.ts';

/** Connects to the mail server and authenticates, without sending anything. */
export async function inspectMail(mailer: Mailer): Promise<Finding> {
  if (mailer.kind === 'none') {
    return {
      check: 'mail',
      severity: 'ok',
      message: 'none configured: mails are kept for an admin to read',
      hint: 'To send them, set SMTP_URL or SENDGRID_API_KEY, and MAIL_FROM.',
    };
  }
  try {
    return { check: 'mail', severity: 'ok', message: await mailer.verify() };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { check: 'mail', severity: 'problem', message: error.message, hint: error.hint };
  }
}
