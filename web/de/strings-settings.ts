import type { Words } from '../language.ts';
import type { settingsWords as english } from '../strings-settings.ts';

export const settingsWords: Words<typeof english> = {
  writing: {
    title: 'Schreiben',
    intro: 'Was für jeden Artikel gilt, bei dem nichts anderes gesagt ist.',
    voiceTitle: 'Ton',
    voice: 'Wie deine Artikel klingen',
    voiceHint:
      'In ein paar Sätzen, wie du es jemandem sagen würdest, der schreibt. Ein Auftrag geht vor, dann der Ton seiner Website, dann dieser.',
    voicePlaceholder: 'Schlicht und freundlich. Kurze Sätze. Sprich die Leser mit „du“ an und erkläre jede Abkürzung.',
    siteVoices: 'Websites mit eigenem Ton',
    siteVoicesHint: 'Artikel für sie klingen, wie ihre Website es will.',
    siteVoice: (site) => `Ton von ${site} ändern`,
    models: 'Modelle',
    modelsIntro:
      'Womit deine Artikel geschrieben werden können, zuerst, was diese Instanz fragt. Deine eigene Wahl triffst du unter Eigene Schlüssel.',
    model: 'Modell',
    pays: 'Wer bezahlt',
    payers: { instance: 'Diese Instanz', user: 'Du, mit eigenem Schlüssel' },
    input: 'Gelesen',
    output: 'Geschrieben',
    perMillion: 'Dollar für eine Million Token von dem, was gelesen und was geschrieben wird.',
    place: (place) => (place === 1 ? 'Wird zuerst gefragt' : `Wird als Nummer ${place} gefragt`),
    yours: 'Dein Standard',
    unknownPrice: 'nicht bekannt',
    toKeys: 'Eigene Schlüssel und Standardmodell',
    more: (count) => (count === 1 ? '1 weiteres anzeigen' : `${count} weitere anzeigen`),
  },
  mails: {
    title: 'Benachrichtigungen',
    intro: (address) => `E-Mails gehen an ${address}. Was hier aus ist, steht trotzdem in der App.`,
    noMail: 'Diese Instanz verschickt keine E-Mails. Was du wählst, gilt, sobald sie es tut.',
    choose: 'E-Mails, die nur etwas mitteilen',
    kinds: {
      'site-failing': {
        label: 'Eine Website fällt aus',
        hint: 'Sie nimmt keine Beiträge mehr an, oder wieder welche.',
      },
      'dead-links': {
        label: 'Tote Links',
        hint: 'Ein Artikel verlinkt einen deiner Beiträge, den es nicht mehr gibt.',
      },
      'schedule-stopped': {
        label: 'Ein Zeitplan führt zu nichts',
        hint: 'Er hat keine Themen mehr, oder ein Limit hält ihn an.',
      },
      'webhook-disabled': {
        label: 'Ein Webhook wird abgeschaltet',
        hint: 'Sein Empfänger hat lange nicht geantwortet.',
      },
      'budget-warning': {
        label: 'Limits',
        hint: 'Die Hälfte, vier Fünftel oder alles von einem Limit des Monats ist verbraucht.',
      },
    },
    always: 'Immer verschickt',
    alwaysIntro:
      'Sie bitten um eine Entscheidung, geben dir die Möglichkeit, etwas aufzuhalten, oder betreffen den Zugang zu deinem Konto.',
    alwaysKinds: [
      'Ein Artikel erscheint von selbst, wenn du ihn nicht zurückhältst',
      'Ein Artikel wartet auf deine Freigabe',
      'Deine Adresse, dein Passwort oder dein zweiter Faktor wurde geändert',
      'Nachrichten von denen, die diese Instanz betreiben',
    ],
    on: (label) => `E-Mails kommen wieder: ${label}`,
    off: (label) => `Keine E-Mails mehr: ${label}`,
  },
};
