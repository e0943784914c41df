import { getDomain } from 'tldts';

/**
 * A domain as it is compared: lower-case ASCII (international names in Punycode, by the URL standard), without a final
 * dot. Null for anything but the name or address of a host: no scheme, port or path.
 */
export function parseDomain(text: string): string | null {
  const name = text.trim();
  if (!/^[^\s/:@?#\\]+$/.test(name)) return null;
  return URL.parse(`http://${name}`)?.hostname.replace(/\.$/, '') || null;
}

/** The host of an http(s) address in the form of {@link parseDomain}; null for other addresses. */
export function hostOf(url: string): string | null {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return null;
  return parsed.hostname.replace(/\.$/, '') || null;
}

/** True for the domain itself and everything below it: "www.example.com" is within "example.com", "badexample.com" not. */
export function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

/**
 * Who stands behind a host: its registrable domain by the Public Suffix List. The list's private part counts, so that
 * two blogs of one hoster (a.github.io, b.github.io) are two parties. Addresses and names without a suffix stand for
 * themselves.
 */
export function partyOf(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}
