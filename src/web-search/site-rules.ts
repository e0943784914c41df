import { hostOf, isWithin } from './domains.ts';

/** Which found pages may be read. Domains are in the form of `parseDomain`; subdomains always count. */
export interface SiteRules {
  /** Each list that is not empty must name the page's domain: the instance's and the brief's both hold. */
  allow: readonly (readonly string[])[];
  deny: readonly string[];
  /** The user's own sites: an article does not prove itself with its author's other articles. */
  own: readonly string[];
}

/** Hosts whose pages are films, sounds, pictures or walls to log in at, not text. An allow list may name them all the same. */
const withoutText = [
  'youtube.com',
  'youtu.be',
  'vimeo.com',
  'dailymotion.com',
  'twitch.tv',
  'tiktok.com',
  'instagram.com',
  'facebook.com',
  'x.com',
  'twitter.com',
  'threads.net',
  'pinterest.com',
  'linkedin.com',
  'spotify.com',
  'soundcloud.com',
  'play.google.com',
  'apps.apple.com',
];

/** Endings of addresses that lead to files without text that could be read here. PDF is read. */
const fileType =
  /\.(jpe?g|png|gif|webp|avif|svg|bmp|tiff?|mp[34]|m4[av]|avi|mov|mkv|webm|wav|ogg|flac|zip|gz|tgz|bz2|xz|7z|rar|iso|dmg|exe|msi|apk|deb|rpm|docx?|xlsx?|pptx?|od[tsp]|epub|mobi)$/i;

/** Why a page may not be a source, in words; null when it may. */
export function refusal(url: string, rules: SiteRules): string | null {
  const host = hostOf(url);
  if (host === null) return 'it is no web address';
  const named = (domains: readonly string[]) => domains.some((domain) => isWithin(host, domain));
  if (named(rules.own)) return 'it stands on a site of yours';
  if (named(rules.deny)) return 'its domain is on the deny list';
  const lists = rules.allow.filter((list) => list.length > 0);
  if (!lists.every(named)) return 'its domain is not on the allow list';
  if (lists.length === 0 && named(withoutText)) return 'its host shows no text';
  if (fileType.test(new URL(url).pathname)) return 'it is a file without text';
  return null;
}
