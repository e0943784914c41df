import type { AppError } from '../errors.ts';
import { headerLines } from './authorization-header.ts';
import type { WordPressClient, WordPressUser } from './client.ts';
import type { SiteDiscovery } from './discover.ts';
import type { SiteFinding } from './finding.ts';
import { isPlainRoot } from './rest-url.ts';
import { siteCauseOf } from './site-error.ts';

/** What a refused login turned out to be; with a user where the login works at another root. */
export interface LoginDiagnosis {
  findings: SiteFinding[];
  working?: { user: WordPressUser; restRoot: string };
}

const newPassword =
  'Make a new Application Password under Users > Profile on the site and enter it with the user name.';
const passHeader =
  'Let the web server pass the header Authorization on to PHP; with the lines below it does, or the host can see to it.';
/** WordPress saw the header and names what is wrong with it; most versions do not get that far. */
const namedByWordPress = /\((?:incorrect_password|invalid_username|invalid_email)\)$/;

/**
 * Finds out why a site that answers refuses the login. Over REST a wrong password and a lost Authorization header look the
 * same, so the other kind of REST address is tried, and XML-RPC, which takes the password in the body.
 * @param refusal the error of the refused login
 * @param handedOver whether the site itself has given the password out, so that it is right unless it was revoked
 */
export async function diagnoseLogin(
  client: WordPressClient,
  site: SiteDiscovery | undefined,
  refusal: AppError,
  handedOver: boolean,
): Promise<LoginDiagnosis> {
  if (site && isTooOld(site.version)) return { findings: [tooOld(site.version)] };
  // Without them every password is refused, here and over XML-RPC, which proves nothing then.
  if (site && !site.applicationPasswords) return { findings: [passwordsOff(site)] };
  const base = baseOf(site?.restRoot ?? client.siteUrl);
  const other = site && !isPlainRoot(site.restRoot) ? `${base}?rest_route=/` : `${base}wp-json/`;
  const restRoot = site ? other : `${base}?rest_route=/`;
  const user = await loginAt(client, restRoot);
  if (user) {
    const message = `The login works at ${restRoot} only, and is refused at ${site?.restRoot ?? base}: blog-poster uses the first.`;
    const hint = `Nothing needs to be done. The web server loses the header Authorization at the other address.`;
    return { findings: [{ code: 'other_root_used', severity: 'info', message, hint }], working: { user, restRoot } };
  }
  const closed = siteCauseOf(refusal) === 'rest_disabled';
  const verdict = namedByWordPress.test(refusal.message) ? 'wrong' : await client.loginByXmlRpc(base);
  const lines = headerLines(site?.server);
  const finding = (code: SiteFinding['code'], message: string, hint: string, copied?: string[]): LoginDiagnosis => ({
    findings: [{ code, severity: 'error', message, hint, ...(copied ? { lines: copied } : {}) }],
  });
  if (verdict === 'wrong') {
    return handedOver
      ? finding(
          'credentials_rejected',
          'The site does not know the Application Password any more that it had given out: it was revoked, or the user is gone.',
          'Connect the site again.',
        )
      : finding(
          'credentials_rejected',
          'The user name or the Application Password is wrong: XML-RPC refuses it as well.',
          newPassword,
        );
  }
  if (verdict === 'login_password') {
    return finding(
      'credentials_rejected',
      'The password is that of the login page, which the REST API does not take.',
      newPassword,
    );
  }
  // A plugin that lets in only who is logged in hides whether the header arrived: both are said.
  if (closed) return finding('rest_disabled', refusal.message, `${refusal.hint} Or: ${passHeader}`, lines);
  if (verdict === 'accepted') {
    return finding(
      'authorization_stripped',
      'The password is right, since XML-RPC accepts it, but over REST it does not reach WordPress: the web server drops the header Authorization.',
      passHeader,
      lines,
    );
  }
  if (handedOver) {
    return finding(
      'authorization_stripped',
      'The site refuses the Application Password that it has given out itself: most likely the web server drops the header Authorization.',
      `${passHeader} If it does already, the password was revoked: connect the site again.`,
      lines,
    );
  }
  return finding(
    'credentials_rejected',
    refusal.message,
    `Either the password is wrong: ${newPassword} Or the web server drops the header: ${passHeader}`,
    lines,
  );
}

async function loginAt(client: WordPressClient, restRoot: string): Promise<WordPressUser | undefined> {
  try {
    return await client.meAt(restRoot);
  } catch (error) {
    if (siteCauseOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The base of a site from a root of its REST API. */
function baseOf(restRoot: string): string {
  const url = new URL(restRoot);
  return `${url.origin}${url.pathname.replace(/(?:wp-json\/|index\.php)$/, '')}`;
}

/** Application Passwords came with WordPress 5.6. A site that hides its version is taken for a newer one. */
function isTooOld(version: string | undefined): version is string {
  const [major = 0, minor = 0] = (version ?? '').split('.').map((part) => Number.parseInt(part, 10));
  return version !== undefined && (major < 5 || (major === 5 && minor < 6));
}

function tooOld(version: string): SiteFinding {
  return {
    code: 'wordpress_too_old',
    severity: 'error',
    message: `The site runs WordPress ${version}; Application Passwords came with 5.6.`,
    hint: 'Update WordPress under Dashboard > Updates.',
  };
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
