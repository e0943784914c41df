import type { Words } from '../language.ts';
import type * as english from '../strings-sites.ts';

export const postDefaultWords: Words<typeof english.postDefaultWords> = {
  categories: 'Kategorien',
  tags: 'Schlagwörter',
  termsHint: 'Eingabetaste oder Komma fügt eines hinzu. Was die Website noch nicht hat, wird dort angelegt.',
  addTerm: (kind) => `${kind} hinzufügen`,
  removeTerm: (name) => `${name} entfernen`,
  author: 'Autor',
  authorSelf: 'Wer verbunden ist',
  authorOther: (id) => `Benutzer ${id} der Website`,
  comments: 'Kommentare',
  commentChoices: { site: 'Wie es die Website macht', open: 'Offen', closed: 'Geschlossen' },
  template: 'Template',
  templateOwn: 'Was das Theme selbst wählt',
  featuredImage: 'Beitragsbild',
  featuredImages: { card: 'Titelkarte', none: 'Keines' },
  featuredImageHint: 'Eine Titelkarte wird kostenlos aus dem Titel gezeichnet, für Artikel ohne eigenes Bild.',
  ownColours: 'Farben der Karte wählen',
  cardBackground: 'Hintergrund',
  cardText: 'Text',
  jsonLd: 'Strukturierte Daten (JSON-LD)',
  jsonLdChoices: { auto: 'Wenn kein SEO-Plugin sie schreibt', never: 'Nie' },
  notRead: 'Die Website wurde nicht nach Kategorien, Schlagwörtern und Autoren gefragt:',
};

export const connectWords: Words<typeof english.connectWords> = {
  title: 'Website verbinden',
  reconnect: 'Neu verbinden',
  reconnectTitle: (name) => `${name} neu verbinden`,
  intro:
    'Du stimmst auf deiner eigenen Website zu, dort angemeldet als Benutzer, der Beiträge schreiben darf. Ein Plugin ist nicht nötig.',
  connect: 'Verbinden',
  connecting: 'Die Website wird angesehen …',
  leaving: 'Weiter zu deiner Website …',
  typeInstead: 'Benutzername und Anwendungspasswort eingeben',
  byHand: {
    title: 'Deine Website zeigt das Passwort, und du kopierst es hierher',
    why: 'blog-poster läuft ohne https, deshalb sendet WordPress das Passwort nicht von selbst.',
    steps: [
      'Öffne die Seite unten, melde dich dort an, wenn sie danach fragt, und stimme der Verbindung zu.',
      'Kopiere das Passwort, das sie zeigt.',
      'Gib es hier ein, mit deinem Benutzernamen auf der Website.',
    ],
    open: 'Die Seite auf deiner Website öffnen',
    newTab: '(öffnet sich in einem neuen Tab)',
  },
  done: (name) => `${name} ist verbunden`,
  renewed: (name) => `${name} ist neu verbunden`,
  renewedHint:
    'Dieses Konto hatte die Website mit diesem Benutzer schon; deshalb bekam sie das neue Passwort statt eines zweiten Eintrags. Name und Einstellungen sind wie vorher.',
  doneHint:
    'Was der erste Blick darauf ergeben hat, steht unten. Die Einstellungen sagen, wie Beiträge dort gemacht werden.',
  problemTitle: 'Die Website wurde nicht verbunden',
  problems: {
    signed_out: {
      what: 'Du warst abgemeldet, als deine Website dich zurückschickte; deshalb wurde das Passwort nicht behalten.',
      next: 'Verbinde die Website noch einmal. Das unbenutzte Passwort „blog-poster“ lässt sich auf deiner Website unter Benutzer › Profil widerrufen.',
    },
    unknown: {
      what: 'Deine Website hat dich mit einer Verbindung zurückgeschickt, die hier niemand begonnen hat.',
      next: 'Beginne von hier: Gib die Adresse deiner Website ein.',
    },
    expired: {
      what: 'Es vergingen mehr als 15 Minuten, bis deine Website dich zurückschickte.',
      next: 'Verbinde die Website noch einmal. Das unbenutzte Passwort „blog-poster“ lässt sich auf deiner Website unter Benutzer › Profil widerrufen.',
    },
    used: {
      what: 'Diese Verbindung wurde schon abgeschlossen; jede funktioniert einmal.',
      next: 'Sieh unten nach, ob die Website da ist. Wenn nicht, verbinde sie noch einmal.',
    },
    other_user: {
      what: 'Diese Verbindung wurde von einem anderen Konto begonnen; deshalb wurde nichts behalten.',
      next: 'Wenn dir jemand den Link geschickt hat, widerrufe das Passwort „blog-poster“ auf deiner Website unter Benutzer › Profil.',
    },
    denied: {
      what: 'Du hast der Verbindung auf deiner Website nicht zugestimmt.',
      next: 'Nichts wurde gespeichert. Du kannst sie verbinden, wann immer du willst.',
    },
    other_site: {
      what: 'Eine andere Website hat geantwortet als die, die gefragt wurde; deshalb wurde nichts behalten.',
      next: 'Gib die Adresse ein, die WordPress selbst nennt (Einstellungen › Allgemein), oder Benutzername und Passwort.',
    },
    already_connected: {
      what: 'Du hast dort als ein Benutzer zugestimmt, mit dem diese Website hier schon verbunden ist; deshalb wurde nichts geändert.',
      next: 'Melde dich auf deiner Website als der Benutzer an, dessen Website du neu verbinden willst, oder lösche eine der beiden.',
    },
    incomplete: {
      what: 'Deine Website hat dich ohne Benutzernamen oder Passwort zurückgeschickt.',
      next: 'Verbinde sie noch einmal, oder gib Benutzername und Anwendungspasswort ein.',
    },
    failed: {
      what: 'Die Verbindung konnte nicht gespeichert werden.',
      next: 'Verbinde die Website noch einmal, oder gib Benutzername und Anwendungspasswort ein.',
    },
  },
  paused: 'Pausiert',
  pausedBy: {
    user: 'Du hast ihre Warteschlange pausiert. Nichts wird dorthin gesendet, bis du sie fortsetzt.',
    site: 'blog-poster hat ihre Warteschlange pausiert, weil die Website keine Beiträge annimmt. Sie geht von selbst weiter, sobald eine Prüfung ergibt, dass sie es wieder tut; setz sie fort, um es sofort zu versuchen.',
  },
  pausedSince: 'Pausiert',
  failingSince: 'Ausgefallen',
  serverLines: 'Zeilen zum Kopieren',
  settings: 'Einstellungen',
  settingsOf: (name) => `Einstellungen von ${name}`,
  settingsIntro: 'Wie Beiträge dort gemacht werden, wenn ein Artikel nichts anderes verlangt.',
  status: 'Neue Beiträge sind',
  statuses: { draft: 'Entwürfe', publish: 'Öffentlich' },
  voice: 'Tonfall',
  voiceHint: 'Für Artikel, die für diese Website geschrieben werden und keinen eigenen Tonfall nennen.',
  language: 'Sprache',
  languageAny: 'Wie im Artikel angegeben',
};
