import type { Words } from '../language.ts';
import type * as english from '../strings-accounts.ts';

export const formWords: Words<typeof english.formWords> = {
  required: 'Das fehlt noch.',
  tooShort: (length) => `Mindestens 8 Zeichen; das hier sind ${length}.`,
  tooLong: (length) => `Höchstens 128 Zeichen; das hier sind ${length}.`,
  showPassword: 'Passwort anzeigen',
  hidePassword: 'Passwort verbergen',
  tryAgainIn: (seconds) =>
    seconds < 90
      ? `Neuer Versuch in ${seconds}\u202fs möglich.`
      : `Neuer Versuch in ${Math.ceil(seconds / 60)} Minuten möglich.`,
  tryAgainNow: 'Du kannst es jetzt wieder versuchen.',
  saved: 'Gespeichert',
  save: 'Speichern',
  saving: 'Wird gespeichert …',
  copy: 'Kopieren',
  copied: 'Kopiert',
  copyRefused: 'Dein Browser hat das Kopieren nicht erlaubt. Markiere den Text und kopiere ihn von Hand.',
};

export const doorWords: Words<typeof english.doorWords> = {
  email: 'E-Mail-Adresse',
  password: 'Passwort',
  newPassword: 'Neues Passwort',
  passwordHint: 'Mindestens 8 Zeichen. Mehrere Wörter hintereinander sind leicht zu merken und schwer zu erraten.',
  logIn: 'Anmelden',
  backToLogIn: 'Zurück zur Anmeldung',
  sendLink: 'Link senden',
  sending: 'Wird gesendet …',
  register: {
    title: 'Konto anlegen',
    firstTitle: 'Das erste Konto anlegen',
    firstIntro:
      'Noch benutzt niemand dieses blog-poster. Dein Konto wird Admin, und der Artikel, der beim Start geschrieben wurde, wartet darin auf dich.',
    name: 'Name',
    nameHint: 'So sehen ihn andere; er lässt sich später ändern.',
    emailHint: 'Damit meldest du dich an. Du bekommst einen Link, um zu bestätigen, dass sie dir gehört.',
    emailHintNoMail: 'Damit meldest du dich an.',
    emailHintInvited: 'Die Adresse, an die die Einladung ging.',
    submit: 'Konto anlegen',
    busy: 'Wird angelegt …',
    haveAccount: 'Du hast schon ein Konto?',
    invited: 'Du bist eingeladen',
    invitedIntro: 'Wähle einen Namen und ein Passwort. Durch die Einladung gilt deine Adresse als bestätigt.',
    closed: 'Dieses blog-poster nimmt keine neuen Konten an',
    closedText: 'Der Admin kann dir eines anlegen.',
    inviteOnly: 'Konten gibt es hier nur auf Einladung',
    inviteOnlyText: 'Bitte den Admin um eine Einladung; die E-Mail enthält einen Link, der hierher zurückführt.',
    signedIn: (email) => `Du bist als ${email} angemeldet`,
    signedInText:
      'Um die Einladung für ein anderes Konto zu nutzen, melde dich erst ab und öffne den Link der E-Mail noch einmal.',
    goOn: 'Mit diesem Konto weitermachen',
  },
  checkMail: {
    title: 'Sieh in dein Postfach',
    text: (email) =>
      `Ein Link ist unterwegs an ${email}. Öffne ihn, um zu bestätigen, dass die Adresse dir gehört; danach kannst du dich anmelden.`,
    spam: 'Nach ein paar Minuten noch nichts da? Sieh im Spam-Ordner nach und prüfe die Adresse auf Tippfehler.',
    again: 'Noch einmal senden',
    sentAgain: 'Noch einmal gesendet. Nur der neueste Link muss geöffnet werden.',
    otherAddress: 'Eine andere Adresse verwenden',
  },
  login: {
    title: 'Anmelden',
    submit: 'Anmelden',
    busy: 'Anmeldung läuft …',
    forgot: 'Passwort vergessen?',
    noAccount: 'Noch kein Konto?',
    createFirst: 'Noch benutzt niemand dieses blog-poster.',
    farewells: {
      'logged-out': 'Du bist abgemeldet.',
      ended: 'Du wurdest abgemeldet',
      deleted: 'Dein Konto wurde gelöscht.',
      'password-reset': 'Dein Passwort ist geändert. Melde dich mit dem neuen an.',
      'may-have-account': 'Vielleicht gibt es schon ein Konto mit dieser Adresse',
    },
    endedText:
      'Die Sitzung ist zu Ende: Sie wurde anderswo abgemeldet, ihre Zeit war um oder der Admin hat sie beendet. Nach der Anmeldung bist du wieder da, wo du warst.',
    mayHaveAccountText: 'Wenn es deines ist, melde dich mit seinem Passwort an.',
    unverified: 'Diese Adresse ist noch nicht bestätigt',
    unverifiedText: (email) =>
      `Öffne den Link in der E-Mail an ${email}. Sieh auch im Spam-Ordner nach oder lass sie noch einmal senden.`,
    disabled: 'Dieses Konto wurde gesperrt',
    disabledText: 'Nichts darin wurde gelöscht. Frag den Admin dieser Instanz.',
  },
  twoFactor: {
    title: 'Ein Schritt noch',
    intro: (email) => `${email} ist durch einen zweiten Faktor geschützt.`,
    code: 'Code deiner Authenticator-App',
    codeHint: 'Sechs Ziffern, die sich alle 30 Sekunden ändern.',
    backupCode: 'Ersatzcode',
    backupCodeHint: 'Einer der Codes, die du beim Einschalten aufgehoben hast. Jeder gilt einmal.',
    useBackup: 'Ersatzcode verwenden',
    useApp: 'Authenticator-App verwenden',
    startOver: 'Mit einem anderen Konto anmelden',
  },
  forgot: {
    title: 'Passwort vergessen?',
    intro:
      'Gib die Adresse ein, mit der du dich anmeldest. Wenn es ein Konto gibt, geht ein Link für ein neues Passwort dorthin.',
    sentTitle: 'Sieh in dein Postfach',
    sent: (email) =>
      `Wenn es ein Konto mit der Adresse ${email} gibt, ist ein Link unterwegs. Er gilt eine Stunde und funktioniert einmal.`,
    noMail:
      'Dieses blog-poster verschickt keine E-Mails. Der Link liegt dort, wo der Admin ihn lesen kann: Lass ihn dir vom Admin geben.',
  },
  reset: {
    title: 'Neues Passwort wählen',
    intro: 'Mit der Änderung werden alle Geräte abgemeldet.',
    submit: 'Passwort ändern',
    busy: 'Wird geändert …',
    noToken: 'Diese Seite braucht den Link aus der E-Mail',
    noTokenText: 'Öffne ihn noch einmal oder lass dir einen neuen senden.',
    newLink: 'Neuen Link anfordern',
  },
  verify: {
    title: 'Adresse bestätigen',
    working: 'Wird bestätigt …',
    done: 'Deine Adresse ist bestätigt',
    doneText: 'Du kannst dich jetzt damit anmelden.',
    doneSignedIn: 'Von nun an meldest du dich damit an.',
    goOn: 'Weiter',
    failed: 'Die Adresse konnte nicht bestätigt werden',
    failedText: 'Lass dir einen neuen Link senden. Wenn die Adresse schon bestätigt ist, melde dich einfach an.',
    noToken: 'Diese Seite braucht den Link aus der E-Mail',
    noTokenText: 'Öffne ihn noch einmal oder lass dir einen neuen senden.',
    again: 'Noch einmal versuchen',
    sent: 'Wenn diese Adresse auf ihre Bestätigung wartet, ist ein neuer Link unterwegs.',
  },
};
