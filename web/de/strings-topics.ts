import type { Words } from '../language.ts';
import type * as english from '../strings-topics.ts';
import { number } from './numbers.ts';

const topicsOf = (count: number) => (count === 1 ? '1 Thema' : `${number(count)} Themen`);

export const topicWords: Words<typeof english.topicWords> = {
  title: 'Themen',
  backlog: 'Vorrat',
  intro:
    'Wovon deine Artikel handeln werden. Zeitpläne nehmen das erste Thema, das passt; du kannst jederzeit über jedes schreiben lassen.',
  count: topicsOf,
  which: 'Welche Themen',
  shows: { open: 'Offen', proposed: 'Vorgeschlagen', used: 'Verwendet', dismissed: 'Verworfen' },
  search: 'Themen durchsuchen',
  site: 'Website',
  allSites: 'Alle Websites',
  anySite: 'Jede Website',
  unknownSite: 'Eine Website, die entfernt wurde',
  nothingFoundHint: 'Gesucht wurde in Themen, Suchbegriffen und Notizen.',
  list: {
    open: 'Offene Themen',
    proposed: 'Vorgeschlagene Themen',
    used: 'Verwendete Themen',
    dismissed: 'Verworfene Themen',
  },
  empty: {
    open: {
      title: 'Noch keine Themen',
      hint: 'Tippe oben eines ein und drück die Eingabetaste, oder füge eine Liste ein, ein Thema pro Zeile. Du kannst auch eine Datei importieren oder Feeds und Websites beobachten, die dich auf Ideen bringen.',
    },
    proposed: {
      title: 'Keine Vorschläge',
      hint: 'Sie kommen aus den Feeds und Websites, die du beobachtest, und aus Lücken zwischen deinen eigenen Artikeln.',
    },
    used: {
      title: 'Noch nichts geschrieben',
      hint: 'Themen, über die ein Artikel begonnen wurde, stehen hier, mit dem Artikel.',
    },
    dismissed: {
      title: 'Nichts verworfen',
      hint: 'Was du verwirfst, steht hier, wird nicht noch einmal vorgeschlagen und lässt sich zurückholen.',
    },
  },
  openForSite: {
    title: 'Keine Themen für diese Website',
    hint: 'Füge oben eines für sie hinzu, oder sieh dir die Themen aller Websites an.',
  },
  importLink: 'Liste importieren',
  sourcesLink: 'Feeds und Websites beobachten',

  add: {
    label: 'Themen hinzufügen',
    placeholder: 'Ein Thema, oder eine Liste mit einem Thema pro Zeile',
    hint: 'Die Eingabetaste fügt es hinzu. Umschalt + Eingabe beginnt eine neue Zeile; aus einer eingefügten Liste wird ein Thema pro Zeile.',
    submit: (count) => (count > 1 ? `${topicsOf(count)} hinzufügen` : 'Hinzufügen'),
    adding: 'Wird hinzugefügt …',
    more: 'Suchbegriff, Website, Notiz',
    added: (count) => (count === 1 ? 'Am Ende hinzugefügt.' : `${topicsOf(count)} am Ende hinzugefügt.`),
    known: (count) => (count === 1 ? '1 war schon da' : `${topicsOf(count)} waren schon da`),
    knownHint: 'In deinem Vorrat oder zweimal in deiner Liste, deshalb nicht noch einmal hinzugefügt:',
    refused: (count) =>
      count === 1 ? '1 ähnelt sehr etwas, das du hast' : `${topicsOf(count)} ähneln sehr etwas, das du hast`,
    refusedHint: 'Nicht hinzugefügt, damit du denselben Artikel nicht zweimal schreibst:',
    anyway: 'Trotzdem hinzufügen',
    anywayAll: (count) => (count === 1 ? 'Trotzdem hinzufügen' : `Alle ${number(count)} trotzdem hinzufügen`),
    alike: 'Du hast etwas sehr Ähnliches',
    tooMany: (count) => `${topicsOf(count)} sind mehr als 500 auf einmal`,
    tooManyHint: 'Der Import nimmt Listen bis 5.000 und zeigt dir erst, was daraus wird. Deine Liste wird mitgenommen.',
    toImport: 'Diese Liste importieren',
    missing: 'Tippe erst ein Thema ein.',
  },
  duplicateOf: {
    article: 'Dein Artikel:',
    pipeline: 'Wird geschrieben:',
    post: 'Ein Beitrag deiner Website:',
    topic: 'In deinem Vorrat:',
    on: (site) => `(${site})`,
    why: (reason) => `${reason.slice(0, 1).toUpperCase()}${reason.slice(1).replace(/[.\s]+$/, '')}.`,
  },
  form: {
    topic: 'Thema',
    keyword: 'Suchbegriff',
    keywordHint: 'Wonach Leute suchen. Leer gelassen wird einer gefunden.',
    site: 'Website',
    note: 'Notiz',
    noteHint: 'Für dich; daraus wird nichts geschrieben.',
    save: 'Speichern',
    saving: 'Wird gespeichert …',
    saved: 'Gespeichert.',
  },
  keyword: (word) => `Suchbegriff: ${word}`,
  sources: (count) => (count === 1 ? '1 Quelle' : `${number(count)} Quellen`),
  origins: {
    manual: (date) => `Hinzugefügt am ${date}`,
    import: (date) => `Importiert am ${date}`,
    feed: (date) => `Aus einem beobachteten Feed, ${date}`,
    site: (date) => `Von einer beobachteten Website, ${date}`,
    gap: (date) => `Eine Lücke bei dir, ${date}`,
  },
  write: 'Jetzt schreiben',
  writeOf: (topic) => `Jetzt schreiben: ${topic}`,
  edit: 'Ändern',
  editOf: (topic) => `Ändern: ${topic}`,
  dismiss: 'Verwerfen',
  dismissOf: (topic) => `Verwerfen: ${topic}`,
  up: (topic) => `Nach oben: ${topic}`,
  down: (topic) => `Nach unten: ${topic}`,
  top: (topic) => `Ganz nach oben: ${topic}`,
  upShort: 'Nach oben',
  downShort: 'Nach unten',
  topShort: 'Ganz nach oben',
  drag: 'Zum Verschieben ziehen',
  moved: (topic, place, all) => `„${topic}“ steht jetzt auf Platz ${number(place)} von ${all}.`,
  notDone: 'Das hat nicht geklappt',
  dismissed: (topics) =>
    topics.length === 1 ? `„${shorten(topics[0])}“ ist verworfen.` : `${topicsOf(topics.length)} verworfen.`,
  accepted: (topics) =>
    topics.length === 1 ? `„${shorten(topics[0])}“ ist im Vorrat.` : `${topicsOf(topics.length)} angenommen.`,
  restored: (topics) =>
    topics.length === 1 ? `„${shorten(topics[0])}“ ist wieder da.` : `${topicsOf(topics.length)} sind wieder da.`,
  notAccepted: (count) =>
    count === 1 ? '1 Thema ähnelt sehr etwas, das du hast' : `${topicsOf(count)} ähneln sehr etwas, das du hast`,
  notAcceptedHint: 'Gelassen, wo sie sind, damit du denselben Artikel nicht zweimal schreibst:',
  acceptAnyway: (count) => (count === 1 ? 'Trotzdem annehmen' : `Alle ${number(count)} trotzdem annehmen`),
  undo: 'Rückgängig',
  takeBack: 'Zurückholen',
  takeBackOf: (topic) => `Zurückholen: ${topic}`,
  used: 'verwendet',
  seeRun: 'Lauf ansehen',
  seeRunOf: (topic) => `Lauf ansehen: ${topic}`,
  read: 'Artikel lesen',
  readOf: (topic) => `Artikel lesen: ${topic}`,
  runGone: 'Der Lauf dazu wurde entfernt.',

  accept: 'Annehmen',
  acceptOf: (topic) => `Annehmen: ${topic}`,
  select: (topic) => `Auswählen: ${topic}`,
  selectAll: 'Alle angezeigten auswählen',
  selected: (count) => (count === 0 ? 'Nichts ausgewählt' : `${number(count)} ausgewählt`),
  acceptSelected: (count) => `${number(count)} annehmen`,
  dismissSelected: (count) => `${number(count)} verwerfen`,
  score: (score) => `${score} Punkte`,
  noScore: 'Keine Punktzahl',
  scoreHint: 'Wie gut es zu dem passt, worüber du schreibst, von 0 bis 100.',
  evidence: 'Was dafür spricht',
  moreEvidence: (count) => `und ${number(count)} weitere`,
  fewerEvidence: 'Weniger anzeigen',
  keys: 'Tasten',
  keysOff: 'Tasten ausschalten',
  keysOn: 'Tasten einschalten',
  keysAreOff: 'Die Tasten j, k, x, a und d sind ausgeschaltet.',
  keyNames: { j: 'nächstes', k: 'voriges', x: 'auswählen', a: 'annehmen', d: 'verwerfen' },
  gaps: {
    find: 'Lücken finden',
    finding: 'Wird gesucht …',
    hint: 'Sucht, worüber deine Quellen und andere schreiben und du nicht. Kostet nichts.',
    found: (count) => (count === 1 ? '1 Lücke wird vorgeschlagen.' : `${topicsOf(count)} werden vorgeschlagen.`),
    none: 'Es wurde keine Lücke gefunden, die nicht schon unter deinen Themen ist.',
  },

  fromTopic: 'Aus deinem Vorrat',
  fromTopicHint: 'Wenn du startest, gilt das Thema als verwendet; kein Zeitplan schreibt dann noch einmal darüber.',
  fromTopicOther: 'Über etwas anderes schreiben',
  usedAlready: 'Über dieses Thema wurde schon ein Artikel begonnen',
  usedAlreadyHint: 'Von dir oder von einem Zeitplan. Das Formular unten ist leer, für einen anderen Artikel.',
  topicGone: 'Dieses Thema ist nicht mehr da',
  topicGoneHint: 'Vielleicht wurde es gelöscht. Das Formular unten ist leer, für einen anderen Artikel.',
};

/** Toasts are one line. */
function shorten(text = ''): string {
  return text.length > 60 ? `${text.slice(0, 60).trimEnd()}…` : text;
}
