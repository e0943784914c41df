import type { Words } from '../language.ts';
import type * as english from '../strings-keys.ts';

export const ownKeyWords: Words<typeof english.ownKeyWords> = {
  title: 'Eigene Schlüssel',
  intro:
    'Mit einem eigenen Schlüssel für einen Anbieter bezahlst du diesen selbst: Was damit gefragt wird, zählt nicht zu deinem Limit auf dieser Instanz.',
  add: 'Schlüssel hinzufügen',
  addTitle: 'Schlüssel hinzufügen',
  replaceTitle: (provider) => `Schlüssel für ${provider} ersetzen`,
  provider: 'Anbieter',
  providers: {
    openai: 'OpenAI (Modelle)',
    anthropic: 'Anthropic (Modelle)',
    google: 'Google (Modelle)',
    brave: 'Brave (Suche)',
    tavily: 'Tavily (Suche)',
  },
  key: 'Schlüssel',
  keyHint:
    'Füge ihn ein, wie der Anbieter ihn zeigt. Er wird verschlüsselt gespeichert und nie wieder angezeigt; hier siehst du nur sein Ende.',
  showKey: 'Schlüssel anzeigen',
  hideKey: 'Schlüssel verbergen',
  oneWord: 'Ein Schlüssel ist ein Wort ohne Leerzeichen.',
  submit: 'Prüfen und speichern',
  busy: 'Der Anbieter wird gefragt …',
  stored: 'Der Schlüssel ist gespeichert',
  storedUnchecked: 'Der Schlüssel ist gespeichert; geprüft ist er noch nicht',
  empty: 'Keine eigenen Schlüssel',
  emptyHint:
    'Die Instanz bezahlt deine Artikel, im Rahmen des Limits, das ihr Admin festgelegt hat. Gib einen Schlüssel ein, um einen Anbieter selbst zu bezahlen: Für ihn gilt dann immer deiner und nie der der Instanz, auch nicht, wenn deiner abgelehnt wird.',
  status: {
    works: 'Funktioniert',
    unchecked: 'Nicht geprüft',
    rejected: 'Abgelehnt',
    'out-of-credit': 'Kein Guthaben mehr',
  },
  ends: 'endet auf',
  spent: (amount) => `${amount} diesen Monat`,
  lastUsed: 'Zuletzt benutzt',
  neverUsed: 'Nie benutzt',
  added: 'Hinzugefügt',
  check: 'Prüfen',
  checkOf: (provider) => `Schlüssel für ${provider} prüfen`,
  checking: 'Wird geprüft …',
  checked: (provider) => `${provider} nimmt den Schlüssel an`,
  replace: 'Ersetzen',
  replaceOf: (provider) => `Schlüssel für ${provider} ersetzen`,
  remove: 'Löschen',
  removeOf: (provider) => `Schlüssel für ${provider} löschen`,
  removeTitle: (provider) => `Schlüssel für ${provider} löschen?`,
  removeText:
    'Ab dem nächsten Aufruf werden deine Artikel mit dem Schlüssel dieser Instanz geschrieben, wenn sie einen hat, und zählen zu deinem Limit hier. Beim Anbieter bleibt der Schlüssel gültig.',
  removed: 'Der Schlüssel ist gelöscht',
  settings: {
    title: 'Modell und Limit',
    model: 'Standardmodell',
    modelHint:
      'Für Artikel, die keines nennen, zum Beispiel anthropic:claude-sonnet-4-5. Leer: das dieser Instanz. Ein Schlüssel für OpenAI wird bei OpenAI selbst verwendet.',
    limit: 'Dein Limit für eigene Schlüssel, in Dollar pro Monat',
    limitHint:
      'Leer: keines. Artikel, die nicht hineinpassen, warten auf den nächsten Monat oder darauf, dass du es erhöhst.',
    badLimit: 'Gib Dollar ein, zum Beispiel 5 oder 2,50.',
    spent: 'Diesen Monat mit eigenen Schlüsseln ausgegeben',
  },
};
