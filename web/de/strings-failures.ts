import type { Words } from '../language.ts';
import type * as english from '../strings-failures.ts';
import { number } from './numbers.ts';

export const failureWords: Words<typeof english.failureWords> = {
  title: 'Braucht dich',
  short: 'Zu tun',
  badge: (count) => (count === 1 ? '1 Eintrag braucht dich' : `${number(count)} Einträge brauchen dich`),
  intro: 'Was fehlgeschlagen ist und nicht von selbst wiederholt wird, und was auf deine Entscheidung wartet.',
  waiting: 'Wartet auf dich',
  failed: 'Fehlgeschlagen',
  dismissed: 'Abgehakt',
  showDismissed: 'Abgehaktes anzeigen',
  hideDismissed: 'Zurück zum Fehlgeschlagenen',
  empty: 'Nichts braucht dich',
  emptyHint: 'Was fehlschlägt oder auf deine Entscheidung wartet, steht hier, mit der Ursache und dem, was zu tun ist.',
  noneDismissed: 'Nichts wurde abgehakt',
  noneDismissedHint: 'Was du abhakst, lässt sich von hier zurückholen.',
  kinds: { pipeline: 'Artikel', publication: 'Veröffentlichung', webhook: 'Webhook', mail: 'E-Mail' },
  decisions: {
    duplicate: 'Einem anderen Artikel sehr ähnlich',
    approval: 'Wartet auf deine Freigabe',
    budget: 'Das Budget ist aufgebraucht',
    conflict: 'Hier und auf der Website bearbeitet',
  },
  decide: 'Entscheiden',
  decideOf: (title) => `Entscheiden: ${title}`,
  tries: (count) => (count === 1 ? 'einmal versucht' : `${number(count)}-mal versucht`),
  cause: 'Ursache',
  whatToDo: 'Was zu tun ist',
  again: 'Erneut versuchen',
  againOf: (title) => `Erneut versuchen: ${title}`,
  againAll: 'Alle erneut versuchen',
  dismiss: 'Abhaken',
  dismissOf: (title) => `Abhaken: ${title}`,
  dismissAll: 'Alles abhaken',
  dismissAllTitle: 'Alles Fehlgeschlagene abhaken?',
  dismissAllText:
    'Sonst geschieht damit nichts, und du kannst es zurückholen. Was noch einmal fehlschlägt, erscheint wieder.',
  takeBack: 'Zurückholen',
  takeBackOf: (title) => `Zurückholen: ${title}`,
  open: 'Öffnen',
  openOf: (title) => `Öffnen: ${title}`,
  redriven: (count) => (count === 1 ? 'Wird erneut versucht.' : `${number(count)} werden erneut versucht.`),
  refused: (count) =>
    count === 1
      ? '1 konnte nicht erneut versucht werden: Der Grund steht dabei.'
      : `${number(count)} konnten nicht erneut versucht werden: Der Grund steht jeweils dabei.`,
  more: 'Es gibt noch mehr: Drück noch einmal für die nächsten.',
  nothing: 'Es gab nichts erneut zu versuchen.',
  putAside: (count) => (count === 1 ? 'Abgehakt.' : `${number(count)} abgehakt.`),
  takenBack: 'Zurückgeholt.',
  undo: 'Rückgängig',
};

export const priorityWords: Words<typeof english.priorityWords> = {
  high: 'Hohe Priorität',
  low: 'Niedrige Priorität',
  toFront: 'Nach vorn holen',
  toFrontOf: (topic) => `Nach vorn holen: ${topic}`,
  back: 'Zurück an seinen Platz',
  backOf: (topic) => `Zurück an seinen Platz: ${topic}`,
  moved: 'Er kommt vor deinen anderen Artikeln.',
  movedBack: 'Er hat wieder seinen üblichen Platz.',
};
