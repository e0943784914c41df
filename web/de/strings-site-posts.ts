import type { Words } from '../language.ts';
import type * as english from '../strings-site-posts.ts';
import { number } from './numbers.ts';

export const sitePostWords: Words<typeof english.sitePostWords> = {
  link: 'Beiträge',
  title: 'Beiträge der Website',
  titleOf: (site) => `Beiträge von ${site}`,
  intro:
    'Was auf der Website steht, wer auch immer es geschrieben hat. Neue Themen werden damit verglichen, und neue Artikel verlinken darauf.',
  back: 'Alle Websites',
  gone: 'Diese Website gibt es nicht oder nicht mehr.',
  search: 'Titel und Adressen durchsuchen',
  which: 'Welche Beiträge',
  there: 'Auf der Website',
  vanished: 'Nicht mehr da',
  sync: 'Jetzt lesen',
  syncing: 'Wird gelesen …',
  count: (shown, count) => (count === 1 ? '1 Beitrag' : `${shown} Beiträge`),
  known: 'Bekannt',
  upToDate: 'Gelesen',
  listed: 'Durchgesehen',
  next: 'Nächstes Mal',
  never: 'noch nicht',
  halted: 'Nichts wird gelesen, solange die Website pausiert oder ihre Prüfung nicht besteht.',
  soon: 'jetzt',
  failed: 'Die Website konnte nicht gelesen werden',
  again: 'Es wird von selbst erneut versucht.',
  empty: 'Noch keine Beiträge bekannt',
  emptyHint: 'Sie werden binnen einer Minute gelesen, nachdem die Website hinzugefügt wurde.',
  none: 'Auf dieser Website gibt es keine Beiträge',
  noneHint: 'Was dort veröffentlicht wird, erscheint hier binnen Stunden, oder sofort mit „Jetzt lesen“.',
  noneGone: 'Nichts ist verschwunden',
  noneGoneHint: 'Beiträge, die auf der Website gelöscht, verborgen oder im Papierkorb sind, stehen hier 90 Tage lang.',
  nothingFoundHint: 'Versuch es mit weniger oder anderen Wörtern.',
  ours: 'Dein Artikel',
  untitled: 'Ohne Titel',
  changed: 'geändert',
  goneSince: 'weg',
  status: {
    publish: 'Öffentlich',
    future: 'Geplant',
    private: 'Privat',
    draft: 'Entwurf',
    pending: 'Ausstehend',
    trash: 'Im Papierkorb',
    gone: 'Gelöscht',
  },
};

export const deadLinkWords: Words<typeof english.deadLinkWords> = {
  title: (count) => (count === 1 ? 'Ein Link führt ins Leere' : `${number(count)} Links führen ins Leere`),
  text: 'Diese Beiträge deiner eigenen Websites wurden gelöscht, sind nicht mehr öffentlich oder haben eine andere Adresse.',
  mend: 'Nimm die Links aus dem Artikel oder trag die neuen Adressen ein, und veröffentliche ihn neu.',
  movedTo: 'ist jetzt unter',
  found: 'gefunden',
  none: 'Kein Artikel hat tote Links',
  noneHint:
    'Jede Woche werden die Beiträge deiner Websites durchgesehen, und Links auf Verschwundenes werden hier aufgeführt.',
  badge: (count) => (count === 1 ? '1 toter Link' : `${number(count)} tote Links`),
};
