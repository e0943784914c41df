import { localTime } from '../../accounts/calendar.ts';
import { mailedLink, post, type Recipient } from '../../accounts/mails.ts';
import type { Article } from '../../articles/schema.ts';
import type { AppContext } from '../../context.ts';
import type { Db } from '../../db/open.ts';
import type { Brief } from '../brief.ts';
import type { Gates } from './gates.ts';

type Ctx = Pick<AppContext, 'config' | 'secrets' | 'queue' | 'log'>;

/** What a mail about a hold is about. */
interface About {
  article: Article;
  siteName: string;
  /** Of the site. */
  timeZone: string;
  brief: Brief;
}

/** A moment on the clocks of a zone, as mails write it: `2026-11-24 09:00 (Europe/Berlin)`. */
const clock = (at: Date, timeZone: string) => `${localTime(at, timeZone).slice(0, 16).replace('T', ' ')} (${timeZone})`;

const editUrl = ({ config }: Ctx, { id }: Article) => `${config.http.appUrl}/articles/${id}`;

/** Tells that an article goes public by itself, when, and what was found; with a link that holds it. */
export function mailHold(
  ctx: Ctx,
  tx: Db,
  to: Recipient,
  { article, siteName, timeZone, brief, endsAt, token, gates }: About & { endsAt: Date; token: string; gates: Gates },
): Promise<void> {
  const { figures } = gates;
  const later = brief.publishAt && new Date(brief.publishAt) > endsAt ? new Date(brief.publishAt) : null;
  return post(ctx, tx, to, {
    kind: 'hold',
    subject: `“${article.title}” goes public on ${siteName} unless you hold it`,
    paragraphs: [
      later
        ? `“${article.title}” is approved by itself at ${clock(endsAt, timeZone)} and goes public on ${siteName} at ${clock(later, timeZone)}.`
        : `“${article.title}” goes public on ${siteName} at ${clock(endsAt, timeZone)}.`,
      [
        'What was checked:',
        `- Claims without support: ${figures.doubtfulClaims}`,
        `- SEO score: ${figures.seoScore ?? 'not known'} (at least ${figures.minSeoScore} is needed)`,
        `- Words: ${article.wordCount}`,
      ].join('\n'),
      'These checks are made once more before it goes out. If you do nothing, it goes. Hold keeps it until you approve it; the link shows a page with a button, and works without signing in.',
    ],
    action: { label: 'Hold', url: mailedLink(ctx, 'hold', token) },
    otherAction: { label: 'Edit', url: editUrl(ctx, article) },
    expiresAt: endsAt,
  });
}

/** Tells that an article which was to go public by itself waits for a person, why, and what to do. */
export function mailNeedsApproval(
  ctx: Ctx,
  tx: Db,
  to: Recipient,
  { article, siteName, reason }: About & { reason: string },
): Promise<void> {
  return post(ctx, tx, to, {
    kind: 'needs-approval',
    subject: `“${article.title}” waits for your approval`,
    paragraphs: [`“${article.title}” was to go public on ${siteName} by itself, and does not.`, reason],
    action: { label: 'Read and approve', url: editUrl(ctx, article) },
  });
}
