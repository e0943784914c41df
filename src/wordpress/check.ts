import { AppError } from '../errors.ts';
import { diagnoseLogin } from './check-login.ts';
import { aboutSeo } from './check-seo.ts';
import { tryUpload } from './check-upload.ts';
import type { WordPressClient, WordPressUser } from './client.ts';
import type { SiteDiscovery } from './discover.ts';
import { nothingToDo, type SiteCheck, type SiteFinding } from './finding.ts';
import { isPlainRoot } from './rest-url.ts';
import { seoPluginOf } from './seo-meta.ts';
import type { SeoPlugin } from './seo-plugin.ts';
import { siteCauseOf } from './site-error.ts';

export type { SiteCheck, SiteFinding } from './finding.ts';

export interface CheckOptions {
  /** The site itself has handed the password over; false unless told. */
  handedOver?: boolean;
  /** Uploads an image of one pixel and deletes it again; nothing is written to the site otherwise. */
  tryUpload?: boolean;
  now?: () => Date;
}

/** What a check found, and what of it is worth keeping. */
export interface SiteReport extends SiteCheck {
  /** Where the REST API is, and the login works if it works anywhere. */
  restRoot?: string;
  timezone?: string;
  seoPlugin?: SeoPlugin | null;
}

const maxSkewMs = 5 * 60_000;

/**
 * Looks at a site the way a publication will: does it answer, is it WordPress's REST API, are the credentials right, and
 * what may the user do. Only faults of our own are thrown; what the site does wrong is a finding with its mend.
 */
export async function checkSite(client: WordPressClient, options: CheckOptions = {}): Promise<SiteReport> {
  const findings: SiteFinding[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | AppError> => {
    try {
      return await work();
    } catch (error) {
      if (siteCauseOf(error) === undefined || !(error instanceof AppError)) throw error;
      return error;
    }
  };
  const found = await attempt(() => client.discover());
  const site = found instanceof AppError ? undefined : found;
  if (site) findings.push(...aboutAddress(client.siteUrl, site), ...aboutClock(site, options.now?.() ?? new Date()));
  let restRoot = site?.restRoot;
  let user: WordPressUser | AppError = found instanceof AppError ? found : await attempt(() => client.me());
  if (user instanceof AppError) {
    const refused = ['credentials_rejected', 'rest_disabled'].includes(siteCauseOf(user) ?? '');
    const diagnosis = refused
      ? await diagnoseLogin(client, site, user, options.handedOver ?? false)
      : { findings: [failed(user)] };
    findings.push(...diagnosis.findings);
    if (diagnosis.working) ({ user, restRoot } = diagnosis.working);
  }
  const facts = site ? { timezone: site.timezone, seoPlugin: seoPluginOf(site.namespaces) } : {};
  if (!(user instanceof AppError)) {
    findings.push(...aboutUser(user));
    if (site && user.capabilities.has('edit_posts')) findings.push(await aboutSeo(client, facts.seoPlugin ?? null));
    if (options.tryUpload && user.capabilities.has('upload_files')) findings.push(await tryUpload(client));
  }
  const ok = findings.every(({ severity }) => severity !== 'error');
  return { ok, findings, ...facts, ...(restRoot ? { restRoot } : {}) };
}

function failed(error: AppError): SiteFinding {
  return { code: siteCauseOf(error) ?? 'rejected', severity: 'error', message: error.message, hint: error.hint };
}

function aboutAddress(typed: string, site: SiteDiscovery): SiteFinding[] {
  const root = new URL(site.restRoot);
  const version = site.version ? `, WordPress ${site.version}` : '';
  const findings: SiteFinding[] = [
    {
      code: 'site_answers',
      severity: 'info',
      message: `“${site.name}” answers at ${root.origin}${version}.`,
      hint: nothingToDo,
    },
  ];
  if (isPlainRoot(site.restRoot)) {
    findings.push({
      code: 'plain_permalinks',
      severity: 'info',
      message: 'The site uses plain permalinks; blog-poster works with them.',
      hint: 'Readable addresses are better for search: choose one under Settings > Permalinks.',
    });
  }
  if (root.protocol === 'https:' && new URL(typed).protocol === 'http:') {
    findings.push({
      code: 'redirected_to_https',
      severity: 'info',
      message: `The site redirects to https; blog-poster uses ${root.origin}.`,
      hint: 'Enter the address with https to spare the redirect.',
    });
  }
  if (root.protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(root.hostname)) {
    findings.push({
      code: 'insecure_http',
      severity: 'warning',
      message: 'The site is reached over plain http, so the password travels unprotected.',
      hint: 'Get a certificate from the host (usually free) and enter the address with https.',
    });
  }
  if (site.namedOrigin) {
    findings.push({
      code: 'other_address_named',
      severity: 'warning',
      message: `WordPress calls itself ${site.namedOrigin}, but is reached at ${root.origin}.`,
      hint: 'Fine behind a proxy. If the site has moved, enter its new address.',
    });
  }
  return findings;
}

function aboutClock({ serverTime }: SiteDiscovery, now: Date): SiteFinding[] {
  const ahead = serverTime ? serverTime.getTime() - now.getTime() : 0;
  if (Math.abs(ahead) <= maxSkewMs) return [];
  const minutes = Math.round(Math.abs(ahead) / 60_000);
  return [
    {
      code: 'clock_skew',
      severity: 'warning',
      message: `The clock of the site is ${minutes} minutes ${ahead > 0 ? 'ahead of' : 'behind'} ours.`,
      hint: 'Posts would carry wrong times. Ask the host to set the clock by NTP, and look at the clock of this machine.',
    },
  ];
}

function aboutUser(user: WordPressUser): SiteFinding[] {
  const may = (capability: string) => user.capabilities.has(capability);
  const who = `${user.username} (${user.roles.join(', ') || 'no role'})`;
  if (!may('edit_posts')) {
    const hint = 'Give the user the role Author or Editor under Users on the site, or enter another user.';
    return [{ code: 'may_not_write', severity: 'error', message: `${who} may not write posts.`, hint }];
  }
  const findings: SiteFinding[] = may('publish_posts')
    ? [{ code: 'may_publish', severity: 'info', message: `${who} may write and publish posts.`, hint: nothingToDo }]
    : [
        {
          code: 'drafts_only',
          severity: 'warning',
          message: `${who} may write drafts, but not publish them.`,
          hint: 'Publish as draft, or give the user the role Author or Editor on the site.',
        },
      ];
  if (!may('upload_files')) {
    const hint = 'Give the user the role Author or Editor, or publish without images.';
    findings.push({ code: 'may_not_upload', severity: 'warning', message: `${who} may not upload images.`, hint });
  }
  return findings;
}
