/** Parameters that only say where a reader came from. */
const countsVisits = /^(utm_.*|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|ref|ref_src|source|cmpid|_hs(enc|mi))$/i;

/**
 * What all spellings of one address have in common: without scheme, `www.`, fragment, what only counts visits, and a
 * closing slash, the rest of the parameters sorted. Null for what is no web address.
 */
export function canonicalAddress(address: string): string | null {
  const url = URL.parse(address.trim());
  if (!url || !/^https?:$/.test(url.protocol)) return null;
  for (const name of [...url.searchParams.keys()]) if (countsVisits.test(name)) url.searchParams.delete(name);
  url.searchParams.sort();
  const host = url.host.replace(/^www\./, '');
  return `${host}${url.pathname.replace(/\/+$/, '')}${url.search}`;
}
