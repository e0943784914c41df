/*
 * Abbreviations that end in a full stop. Written for this project from everyday use; short on purpose: a missing one
 * costs a sentence cut in two, a wrong one glues two sentences together.
 */

/** Stand before something that belongs to them, so a sentence never ends after them. Without the last full stop. */
const never: Record<string, string> = {
  und: 'dr prof mr mrs ms st vs fig figs eq no nr vol ed eds pp approx cf e.g i.e mt',
  en: 'dr prof mr mrs ms st vs fig figs eq no nos vol sec ch pp approx cf e.g i.e viz rev gen sen rep gov capt lt col sgt mt',
  de: 'dr prof hr fr nr bzw vgl z.b z d.h d u.a u s.u s.o i.d.r i.d z.t z.zt v.a v o.g o ggf evtl sog abb bd hrsg ca st inkl exkl zzgl max min tel geb lat engl franz dipl ing allg bes insb gem art abs kap',
  fr: 'm mm mme mlle dr pr st ste no n fig p pp vol éd env cf p.ex ex art chap av apr',
  es: 'sr sra srta dr dra prof d dª núm no nº fig pág págs vol ed p.ej ej art cap aprox avda ud uds ee eeuu',
  it: 'sig sigg dott dott.ssa prof ing avv n nr fig pag pagg vol ed p.es es art cap ca cfr',
  pt: 'sr sra srs dr dra prof n nº núm fig pág págs vol ed p.ex ex art cap aprox av',
  nl: 'dhr mevr mw dr prof ir nr fig blz vol bijv bv d.w.z o.a m.b.t i.v.m t.o.v ca zgn resp art hfst',
  pl: 'p dr prof mgr inż nr np tzn tj tzw ok ul al pl rys str t wyd m.in św im ds wg zob por godz',
  ru: 'г-н г-жа др проф т.е т.к т.н напр рис стр гл им ул см ср тыс руб',
  sv: 'dr prof nr t.ex t ex bl.a bl d.v.s dvs s.k ca kl fig resp inkl exkl',
  da: 'dr prof nr f.eks bl.a dvs ca kl fig inkl ekskl hhv',
  no: 'dr prof nr f.eks bl.a dvs ca kl fig inkl ekskl hhv',
  cs: 'dr mgr ing prof č např tzv tzn tj obr str cca kap hl',
  tr: 'dr prof doç sn no vb.s bkz örn s',
  ro: 'dl dna dr prof nr fig pag art cap ex aprox',
};

/** May end a sentence; when a small letter or a number follows, it goes on. */
const sometimes: Record<string, string> = {
  und: 'etc inc ltd co corp jr sr jan feb mar apr jun jul aug sep sept oct nov dec a.m p.m u.s u.k dept est',
  de: 'usw etc u.ä o.ä str mio mrd std min sek jan febr aug sept okt nov dez jh',
  fr: 'etc janv févr avr juil sept oct nov déc',
  es: 'etc',
  it: 'ecc',
  pt: 'etc',
  nl: 'enz etc',
  pl: 'itd itp etc r w',
  ru: 'т.д т.п г гг в вв',
  sv: 'osv m.m etc',
};

const months: Record<string, string> = {
  de: 'januar jänner februar märz april mai juni juli august september oktober november dezember',
  da: 'januar februar marts april maj juni juli august september oktober november december',
  no: 'januar februar mars april mai juni juli august september oktober november desember',
  fi: 'tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu',
  cs: 'ledna února března dubna května června července srpna září října listopadu prosince',
  pl: 'stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia',
  hu: 'január február március április május június július augusztus szeptember október november december',
};

const cache = new Map<string, Set<string>>();

function setOf(kind: string, lists: Record<string, string>, language: string): Set<string> {
  const key = `${kind}:${language}`;
  let set = cache.get(key);
  if (!set) {
    set = new Set(`${lists.und ?? ''} ${lists[language] ?? ''}`.split(' ').filter(Boolean));
    cache.set(key, set);
  }
  return set;
}

/** Abbreviations (lower case, without the last full stop) after which no sentence ends. */
export const neverLast = (language: string): Set<string> => setOf('never', never, language);

/** Abbreviations (lower case, without the last full stop) that may stand at the end of a sentence. */
export const abbreviations = (language: string): Set<string> => setOf('sometimes', sometimes, language);

/** Names of months in lower case, for languages that write "3. Mai". */
export const monthNames = (language: string): string[] => (months[language] ?? '').split(' ').filter(Boolean);
