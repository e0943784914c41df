import { type Letter, post, type Recipient } from '../accounts/mails.ts';
import type { Month } from '../accounts/month.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { dollars } from './ledger.ts';
import type { Payer, WarningPercent } from './schema.ts';

type Ctx = Pick<AppContext, 'config' | 'secrets' | 'queue' | 'log'>;

/** How much of a limit is used: amounts in micro-dollars. */
export interface Reached {
  percent: WarningPercent;
  spentMicroUsd: number;
  limitMicroUsd: number;
  month: Month;
  timeZone: string;
}

/** Tells a user that they have reached a share of their limit. */
export const mailBudgetWarning = (ctx: Ctx, tx: Db, to: Recipient, payer: Payer, reached: Reached) =>
  post(ctx, tx, to, {
    kind: 'budget-warning',
    subject: subjectOf(reached.percent, payer === 'user' ? 'your limit for your own keys' : 'your limit for the month'),
    paragraphs: [
      `${payer === 'user' ? 'What you pay with your own keys' : 'What your articles cost'} comes to ${amounts(reached)}.`,
      whatNow(reached.percent, payer === 'user' ? 'you raise the limit' : 'an admin raises your limit'),
      until(reached),
    ],
    action: { label: 'See what was spent', url: `${ctx.config.http.appUrl}/usage` },
  } satisfies Letter);

/** Tells an admin that all users together have reached a share of the instance's limit. */
export const mailInstanceWarning = (ctx: Ctx, tx: Db, to: Recipient, reached: Reached) =>
  post(ctx, tx, to, {
    kind: 'instance-budget-warning',
    subject: subjectOf(reached.percent, 'the limit of this instance for the month'),
    paragraphs: [
      `What the articles of all users cost comes to ${amounts(reached)}.`,
      whatNow(reached.percent, 'INSTANCE_MONTHLY_LIMIT_USD is raised'),
      until(reached),
      'What users pay with their own keys is not part of it.',
    ],
    action: { label: 'See who has spent most', url: `${ctx.config.http.appUrl}/admin/spending` },
  } satisfies Letter);

const subjectOf = (percent: WarningPercent, limit: string) =>
  percent === 100 ? `Nothing more fits under ${limit}` : `${percent} % of ${limit} is used`;

function amounts({ spentMicroUsd, limitMicroUsd, month }: Reached): string {
  return `${dollars(spentMicroUsd)} so far in ${nameOf(month)}, of a limit of ${dollars(limitMicroUsd)}`;
}

function whatNow(percent: WarningPercent, raised: string): string {
  switch (percent) {
    case 50:
      return 'Nothing changes for now: articles are written as before. There will be another mail at 80 % and one when nothing more fits.';
    case 80:
      return `Articles are written as before as long as they fit. What does not fit any more will wait for the next month, or until ${raised}.`;
    case 100:
      return `Calls that would cost more than what is left are not made any more. The articles that need them wait, with everything that is done so far, and go on by themselves when the next month begins or ${raised}.`;
  }
}

function until({ month, timeZone }: Reached): string {
  const turn = month.end.toISOString().slice(0, 16).replace('T', ' ');
  return `The next month begins at ${turn} UTC${timeZone === 'UTC' ? '' : ` (midnight in ${timeZone})`}.`;
}

/** For example November 2026. */
function nameOf({ name }: Month): string {
  const format = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return format.format(new Date(`${name}-01T00:00:00Z`));
}
