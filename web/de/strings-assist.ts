import type { Words } from '../language.ts';
import type * as english from '../strings-assist.ts';
import { number } from './numbers.ts';

export const assistWords: Words<typeof english.assistWords> = {
  seo: {
    live: 'Während du schreibst',
    checking: 'Wird neu geprüft …',
    unreachable: 'Die Prüfung war nicht möglich. Mit deiner nächsten Änderung wird sie erneut versucht.',
  },
  claims: {
    changed: (count) => `${number(count)} geändert`,
    missing: (count) => `${number(count)} nicht im Text`,
    isChanged: 'seit der Prüfung geändert',
    isMissing: 'nicht mehr im Text',
    now: 'Jetzt lautet sie:',
  },
  links: {
    title: 'Deine Beiträge zum Verlinken',
    none: 'Der Text verlinkt schon auf alles, was ihm nahe ist, oder es gibt nichts dergleichen.',
    link: 'Verlinken',
    linkTo: (title) => `Die Erwähnung von „${title}“ verlinken`,
    unmentioned: 'Im Text nicht erwähnt',
    done: 'Verlinkt. „Rückgängig“ nimmt es zurück.',
  },
  revise: {
    bar: 'Auswahl ändern',
    actions: { rewrite: 'Umschreiben', shorten: 'Kürzen', expand: 'Ausführen', tone: 'Tonfall' },
    titles: {
      rewrite: 'Auswahl umschreiben',
      shorten: 'Auswahl kürzen',
      expand: 'Mehr dazu sagen',
      tone: 'Tonfall ändern',
    },
    tone: 'Tonfall',
    tones: { plain: 'Schlicht', friendly: 'Freundlich', formal: 'Förmlich', confident: 'Selbstbewusst' },
    instruction: 'Wie du es haben willst (optional)',
    instructionHint: 'Zum Beispiel: für Anfänger, ohne Fachjargon.',
    estimating: 'Die Kosten werden berechnet …',
    estimate: (likely, high, model) => `Etwa ${likely}, höchstens ${high}, von ${model}.`,
    free: 'Kostenlos: Der Offline-Schreiber lässt Sätze weg.',
    ownKey: 'Mit deinem eigenen Schlüssel.',
    grounds: 'Nur die Quellen, die in der Auswahl zitiert sind, lassen sich zitieren.',
    run: 'Los',
    running: 'Ein Modell arbeitet …',
    cancel: 'Abbrechen',
    cancelled: 'Abgebrochen. Was der Aufruf bis dahin gekostet hat, zählt.',
    cost: (money, model) => `Kosten: ${money}, von ${model}.`,
    estimated: 'Der Anbieter hat nicht gesagt, was es gekostet hat: Es zählt, was dafür zurückgelegt war.',
    known: 'Es war schon bezahlt.',
    changes: 'Änderungen',
    same: 'Es sagt dasselbe.',
    checked: (count) => (count === 1 ? '1 Aussage hält stand.' : `${number(count)} Aussagen halten stand.`),
    doubtful: (count) =>
      count === 1
        ? '1 Satz wird von seiner Quelle nicht belegt'
        : `${number(count)} Sätze werden von ihren Quellen nicht belegt`,
    doubtfulHint: 'Sie haben keine Fußnote. Nimmst du sie an, stehen sie als nicht belegt in der Liste der Aussagen.',
    lost: (labels) => `Hier nicht mehr zitiert: Fußnote ${labels}.`,
    accept: 'Annehmen',
    again: 'Erneut versuchen',
    discard: 'Verwerfen',
    gone: 'Der Text an dieser Stelle ist inzwischen weg. Kopier von hier, was du brauchst.',
  },
};
