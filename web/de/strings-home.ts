import type { Words } from '../language.ts';
import type * as english from '../strings-home.ts';
import { number } from './numbers.ts';

export const dashboardWords: Words<typeof english.dashboardWords> = {
  title: 'Übersicht',
  topic: 'Wovon soll der nächste Artikel handeln?',
  topicPlaceholder: 'Wie man die Sicherung eines kleinen Servers zurückspielt',
  write: 'Schreiben',
  writing: 'Wird gestartet …',
  hintSearch: (budget) =>
    `Die Eingabetaste startet ihn. Quellen werden im Web gesucht, er kostet höchstens ${budget}, und ohne dich wird nichts öffentlich.`,
  hintSources:
    'Die Eingabetaste führt dich zu den Quellen, aus denen er geschrieben werden soll. Ohne Quellen wird nichts geschrieben.',
  withOptions: 'Mit Quellen und Optionen',
  started: 'Er wird geschrieben.',
  watch: 'Zusehen',
  notStarted: 'Der Artikel wurde nicht gestartet',
  needed: 'Sag, wovon der Artikel handelt.',
  waiting: 'Wartet auf dich',
  waitingCount: (count) => (count === 1 ? '1 Eintrag' : `${number(count)} Einträge`),
  nothingWaits: 'Nichts wartet auf dich.',
  allWaiting: 'Alle anzeigen: was dich braucht',
  others: (count) => `${number(count)} weitere`,
  actions: {
    duplicate: 'Entscheiden',
    approval: 'Lesen und freigeben',
    budget: 'Budget erhöhen',
    conflict: 'Vergleichen',
    again: 'Erneut versuchen',
    open: 'Grund ansehen',
    site: 'Abhilfe ansehen',
    paused: 'Warteschlange öffnen',
    money: 'Ansehen, wofür es ausgegeben wurde',
  },
  actionOf: (action, title) => `${action}: ${title}`,
  siteFails: 'Website nimmt keine Beiträge an',
  sitePaused: 'Warteschlange ist pausiert',
  pausedText: 'Nichts geht auf diese Website, bis ihre Warteschlange fortgesetzt wird.',
  siteWaits: (count) => (count === 1 ? '1 Artikel wartet darauf.' : `${number(count)} Artikel warten darauf.`),
  money: {
    close: 'Dein Limit ist bald erreicht',
    reached: 'Limit erreicht',
    instance: 'Diese Instanz hat ihr Limit erreicht',
    title: (spent, limit) => `${spent} von ${limit} in diesem Monat`,
    closeText: 'Ist es aufgebraucht, warten Artikel auf den nächsten Monat oder auf ein höheres Limit.',
    reachedText:
      'Artikel, die etwas kosten, warten auf den nächsten Monat oder darauf, dass ein Admin dein Limit erhöht.',
    instanceText: 'Artikel, die etwas kosten, warten auf den nächsten Monat oder darauf, dass der Admin es erhöht.',
  },
  work: 'In Arbeit',
  noWork: 'Nichts ist in Arbeit.',
  allWork: 'Alle anzeigen: Läufe',
  goesTo: (site) => `geht auf ${site}`,
  progressOf: (topic) => `Fortschritt von ${topic}`,
  published: 'Kürzlich veröffentlicht',
  noneYet: 'Noch nichts veröffentlicht',
  noneYetHint: 'Beiträge und Entwürfe, die auf eine Website gegangen sind, stehen hier, mit dem Weg dorthin.',
  noneYetAction: 'Deine Artikel ansehen',
  allPublished: 'Alle anzeigen: Veröffentlichungen',
  asDraft: 'Entwurf',
  openPost: (title) => `Beitrag öffnen: ${title}`,
  coming: 'Was als Nächstes kommt',
  nothingComes: 'Nichts ist geplant.',
  nothingComesHint: 'Planen',
  calendar: 'Kalender',
  spending: 'Dieser Monat',
  usage: 'Verbrauch',
  of: (limit) => `von ${limit}`,
  bar: 'Verbraucht vom Limit dieses Monats',
  percent: (share) => `${share} des Limits`,
  reserved: (amount) => `weitere ${amount} sind für laufende Aufrufe zurückgelegt`,
  forecast: 'Wenn es so weitergeht',
  forecastUnknown: 'Noch nicht bekannt: Dafür braucht es drei Tage mit Ausgaben',
  articles: 'Artikel',
  articlesOf: (count, limit) => `${count} von ${limit}`,
  own: 'Mit deinen eigenen Schlüsseln',
  untilDay: (day) => `bis ${day}`,
};

export const firstStepWords: Words<typeof english.firstStepWords> = {
  title: 'Dein erster Artikel',
  intro: 'Drei Schritte, jeder einen Klick entfernt.',
  sample: 'Erst einen fertigen Artikel ansehen',
  hide: 'Ausblenden',
  hidden: 'Ausgeblendet.',
  undo: 'Rückgängig',
  done: 'erledigt',
  progress: (done) => `${done} von 3 erledigt`,
  steps: {
    site: {
      title: 'Deine WordPress-Website verbinden',
      text: 'Gib ihre Adresse ein und stimme auf der Website selbst zu. Kein Plugin.',
      action: 'Website verbinden',
    },
    article: {
      title: 'Einen Artikel schreiben lassen',
      text: 'Tipp oben ein Thema und drück die Eingabetaste.',
      action: 'Thema wählen',
    },
    published: {
      title: 'Ihn veröffentlichen',
      text: 'Lies ihn und schick ihn dann als Entwurf oder als Beitrag auf die Website.',
      action: 'Deine Artikel öffnen',
    },
  },
};

export const connectionWords: Words<typeof english.connectionWords> = {
  lost: 'Keine Verbindung zum Server',
  offline: 'Dieses Gerät ist offline',
  hint: 'Was du getippt hast, bleibt hier. Die Seite macht von selbst weiter, sobald der Server antwortet.',
  back: 'Wieder verbunden.',
};

export const articleListWords: Words<typeof english.articleListWords> = {
  import: 'Importieren',
  show: 'Anzeigen',
  filters: {
    all: 'Alle Artikel',
    draft: 'Entwürfe',
    ready: 'Bereit',
    approved: 'Freigegeben',
    published: 'Veröffentlicht',
    'dead-links': 'Mit toten Links',
    bin: 'Papierkorb',
  },
  anySite: 'Jede Website',
  site: 'Website',
  select: (title) => `${title} auswählen`,
  selectAll: 'Alle angezeigten auswählen',
  selected: (count) => `${number(count)} ausgewählt`,
  clear: 'Auswahl aufheben',
  publish: 'Veröffentlichen',
  publishTo: (site) => `Als Entwurf auf ${site} senden`,
  noSite: 'Verbinde zuerst eine Website',
  sent: (count, site) =>
    count === 1
      ? `1 Artikel geht als Entwurf auf ${site}.`
      : `${number(count)} Artikel gehen als Entwürfe auf ${site}.`,
  export: 'Exportieren',
  remove: 'Löschen',
  removed: (count) => (count === 1 ? 'In den Papierkorb gelegt.' : `${number(count)} in den Papierkorb gelegt.`),
  restore: 'Wiederherstellen',
  restoreOf: (title) => `${title} wiederherstellen`,
  restored: (count) =>
    count === 1 ? 'Wieder unter deinen Artikeln.' : `${number(count)} sind wieder unter deinen Artikeln.`,
  undo: 'Rückgängig',
  someFailed: (failed, all, why) => `Bei ${number(failed)} von ${number(all)} ging es nicht: ${why}`,
  daysLeft: (days) =>
    days <= 0 ? 'wird heute endgültig gelöscht' : days === 1 ? 'noch 1 Tag' : `noch ${number(days)} Tage`,
  deleted: 'gelöscht',
  binEmpty: 'Der Papierkorb ist leer',
  binEmptyHint: 'Artikel, die du löschst, bleiben 30 Tage hier und lassen sich wiederherstellen.',
  binIntro: 'Gelöschte Artikel bleiben 30 Tage hier.',
  noneWith: 'Kein Artikel ist so',
  noneWithHint: 'Wähle einen anderen Filter, oder lass alle Artikel anzeigen.',
  showAll: 'Alle Artikel anzeigen',
};

export const lostWords: Words<typeof english.lostWords> = { search: 'Alles durchsuchen', overview: 'Zur Übersicht' };
