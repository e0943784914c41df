import { AppError } from '../errors.ts';
import type { WordPressClient, WordPressUser } from './client.ts';
import type { SiteDiscovery } from './discover.ts';
import { isPlainRoot } from './rest-url.ts';
import { type SiteCause, siteCauseOf } from './site-error.ts';

/** One thing the check found. `code` is a SiteCause for what failed, or one of the codes below; both are stable. */
export interface SiteFinding {
  code:
    | SiteCause
    | 'site_answers'
    | 'plain_permalinks'
    | 'insecure_http'
    | 'other_address_named'
    | 'application_passwords_off'
    | 'may_publish'
    | 'drafts_only'
    | 'may_not_write'
    | 'may_not_upload';
  severity: 'info' | 'warning' | 'error';
  message: string;
  hint: string;
}

/** `ok` is false when nothing at all can be delivered to the site: there is at least one finding of severity error. */
export interface SiteCheck {
  ok: boolean;
  findings: SiteFinding[];
}

/**
 * Looks at a site the way a publication will: does it answer, is it WordPress's REST API, are the credentials right, and
 * what may the user do. Nothing is written to the site. Only faults of our own are thrown; what the site does wrong is a finding.
 */
export async function checkSite(client: WordPressClient): Promise<SiteCheck> {
  const findings: SiteFinding[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      const code = siteCauseOf(error);
      if (code === undefined || !(error instanceof AppError)) throw error;
      findings.push({ code, severity: 'error', message: error.message, hint: error.hint });
      return undefined;
    }
  };
  const site = await attempt(() => client.discover());
  if (site) {
    findings.push(...aboutAddress(site));
    const user = await attempt(() => client.me());
    if (user) findings.push(...aboutUser(user));
    // When the login works, a site that does not announce them is no concern; when it fails, this is the likely reason.
    else if (!site.applicationPasswords) findings.push(passwordsOff(site));
  }
  return { ok: findings.every(({ severity }) => severity !== 'error'), findings };
}

function aboutAddress(site: SiteDiscovery): SiteFinding[] {
  const root = new URL(site.restRoot);
  const version = site.version ? `, WordPress ${site.version}` : '';
  const findings: SiteFinding[] = [
    {
      code: 'site_answers',
      severity: 'info',
      message: `“${site.name}” answers at ${root.origin}${version}.`,
      hint: 'Nothing needs to be done.',
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

function passwordsOff(site: SiteDiscovery): SiteFinding {
  const http = new URL(site.restRoot).protocol === 'http:';
  return {
    code: 'application_passwords_off',
    severity: 'error',
    message: 'The site does not offer Application Passwords.',
    hint: http
      ? 'WordPress offers them over https only: enter the address with https.'
      : 'They need WordPress 5.6 or later, and a security plugin may have turned them off: turn them on there.',
  };
}

function aboutUser(user: WordPressUser): SiteFinding[] {
  const may = (capability: string) => user.capabilities.has(capability);
  const who = `${user.username} (${user.roles.join(', ') || 'no role'})`;
  if (!may('edit_posts')) {
    const hint = 'Give the user the role Author or Editor under Users on the site, or enter another user.';
    return [{ code: 'may_not_write', severity: 'error', message: `${who} may not write posts.`, hint }];
  }
  const findings: SiteFinding[] = may('publish_posts')
    ? [
        {
          code: 'may_publish',
          severity: 'info',
          message: `${who} may write and publish posts.`,
          hint: 'Nothing needs to be done.',
        },
      ]
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
