import { post, type Recipient } from '../accounts/mails.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import type { SiteCheck } from '../wordpress/check.ts';
import type { Site } from './schema.ts';

/** Tells the owner of a site that nothing can be delivered there any more, and what to do about it. */
export function mailSiteFailing(
  ctx: Pick<AppContext, 'config' | 'secrets' | 'queue' | 'log'>,
  tx: Db,
  to: Recipient,
  site: Pick<Site, 'name' | 'url'>,
  { findings }: SiteCheck,
): Promise<void> {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return post(ctx, tx, to, {
    kind: 'site-failing',
    subject: `Nothing can be published on “${site.name}” at present`,
    paragraphs: [
      `blog-poster looked at ${site.url} and cannot deliver anything there:`,
      ...errors.map(({ message, hint }) => `${message} ${hint}`),
      'What waits for this site is held, nothing of it is lost. The site is looked at every hour; once it answers as it should, everything goes on by itself. There will be no further mail about this.',
    ],
    action: { label: 'Look at the site', url: `${ctx.config.http.appUrl}/sites` },
  });
}
