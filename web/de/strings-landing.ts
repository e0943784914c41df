import type { Words } from '../language.ts';
import type * as english from '../strings-landing.ts';

export const landingWords: Words<typeof english.landingWords> = {
  title: 'Artikel mit ihren Quellen, einmal veröffentlicht',
  heading: 'Artikel, die zeigen, woher jede Aussage kommt',
  intro:
    'Nenn ein Thema. blog-poster liest echte Quellen, schreibt einen Artikel, der sie zitiert, vergleicht jede Aussage mit ihrer Textstelle und veröffentlicht ihn auf deiner WordPress-Website: einmal und innerhalb des Budgets, das du festlegst.',
  register: 'Konto anlegen',
  logIn: 'Anmelden',
  signUps: {
    open: '',
    invite:
      'Neue Konten gibt es hier nur auf Einladung. Wenn du eingeladen wurdest, öffne den Link in der E-Mail an dich.',
    closed: 'Neue Konten werden hier nicht angelegt. Wer diese Instanz betreibt, kann dir eines einrichten.',
  },
  promises: 'Woran es sich hält',
  proofs: [
    {
      title: 'Keine erfundene Quelle',
      text: 'Ein Beleg kann nur auf eine Textstelle zeigen, die gelesen und gespeichert wurde. Das Zitat steht dort Wort für Wort, einen Klick entfernt.',
    },
    {
      title: 'Kein Limit wird überschritten',
      text: 'Was ein Aufruf höchstens kosten kann, wird vorher zurückgelegt. Was nicht mehr hineinpasst, wartet, und du erfährst es.',
    },
    {
      title: 'Nichts wird zweimal bezahlt',
      text: 'Jeder fertige Schritt bleibt. Nach einem Absturz, einem Neustart oder einem neuen Versuch geht die Arbeit dort weiter.',
    },
    {
      title: 'Ein Beitrag erscheint einmal',
      text: 'Nach verlorenen Antworten und Zeitüberschreitungen wird auf der Website nachgesehen, statt einen zweiten Beitrag anzulegen. Ein Plugin ist nicht nötig.',
    },
    {
      title: 'Deine Änderungen bleiben',
      text: 'Was ein Mensch auf der Website geändert hat, wird nie überschrieben. Du siehst beide Fassungen und wählst.',
    },
    {
      title: 'Du hast das letzte Wort',
      text: 'Nichts wird öffentlich, bevor du es freigibst, wenn du nichts anderes festlegst. Die Abrechnung nennt jeden Aufruf und seinen Preis.',
    },
  ],
  picture: {
    label: 'Ein Artikel mit einer geprüften Aussage, seiner Abrechnung und seiner Veröffentlichung',
    title: 'Einen Sauerteig am Leben halten',
    before: 'Eine kalte Küche ist kein Hindernis. ',
    claim: 'Bei 4 Grad Celsius kann ein Ansatz zwei Wochen ruhen, ohne gefüttert zu werden.',
    after: ' Danach braucht er ein paar regelmäßige Fütterungen, um wieder in Gang zu kommen.',
    verdict: 'belegt',
    source: 'Temperatur und Zeit',
    quoteBefore: 'Wenn der Teig kalt ist, wird die Gärung langsamer. ',
    quote: 'Bei 4 Grad Celsius kann ein Ansatz zwei Wochen ruhen, ohne gefüttert zu werden.',
    receipt: 'Abrechnung',
    claims: ['Aussagen mit Zitat', '31 von 31'],
    cost: ['Kosten', '0,0412\u00a0$ von 0,50\u00a0$'],
    post: ['Auf deiner Website', 'einmal veröffentlicht'],
  },
  links: 'Über diese Instanz',
  terms: 'Nutzungsbedingungen',
  privacy: 'Datenschutz',
  source: 'Quelltext',
  api: 'API-Dokumentation',
};
