import type { Words } from '../language.ts';
import type * as english from '../strings-article-import.ts';
import { number } from './numbers.ts';

const articlesOf = (count: number) => (count === 1 ? '1 Artikel' : `${number(count)} Artikel`);

export const articleImportWords: Words<typeof english.articleImportWords> = {
  title: 'Artikel importieren',
  intro:
    'Übernimmt Artikel, die anderswo geschrieben wurden, als Entwürfe: JSON-Dateien eines früheren blog-poster oder Markdown mit und ohne Front Matter. Du siehst vorher, was aus jedem wird.',
  files: 'Deine Dateien',
  filesHint:
    'Beliebig viele .json- und .md-Dateien. Nichts, was schon da ist, wird geändert, und nichts kommt doppelt.',
  choose: 'Dateien wählen',
  chooseFolder: 'Ordner wählen',
  orDrop: 'oder irgendwo auf diese Seite ziehen',
  drop: 'Loslassen, um die Dateien zu lesen',
  chosen: (count) => (count === 1 ? '1 Datei' : `${number(count)} Dateien`),
  ignored: (count) =>
    count === 1
      ? '1 Datei ist weder JSON noch Markdown und bleibt außen vor'
      : `${number(count)} Dateien sind weder JSON noch Markdown und bleiben außen vor`,
  noneUsable: 'Darunter ist keine JSON- oder Markdown-Datei.',
  tooLarge: (names) => `Zu groß für einen Artikel: ${names}. Ein Artikel darf eine halbe Million Zeichen haben.`,
  looking: (done, all) => `${number(done)} von ${articlesOf(all)} angesehen …`,
  previewTitle: 'Was geschehen wird',
  nothingYet: 'Noch ist nichts gespeichert.',
  import: (count) => `${articlesOf(count)} importieren`,
  importing: (done, all) => `Import: ${number(done)} von ${articlesOf(all)}`,
  stop: 'Hier aufhören',
  stopped: 'Angehalten. Was importiert ist, bleibt; mit denselben Dateien geht es weiter.',
  broken: 'Der Import wurde abgebrochen. Was importiert ist, bleibt; mach dort weiter, wo er war.',
  goOn: 'Weitermachen',
  otherFiles: 'Andere Dateien wählen',
  wouldCreate: (count) => (count === 1 ? '1 Entwurf entsteht' : `${number(count)} Entwürfe entstehen`),
  created: (count) => (count === 1 ? '1 Entwurf ist entstanden' : `${number(count)} Entwürfe sind entstanden`),
  known: (count) => (count === 1 ? '1 Artikel ist schon da' : `${articlesOf(count)} sind schon da`),
  knownHint: 'Sie wurden früher importiert und bleiben, wie sie sind, was immer du an ihnen geändert hast.',
  binned: (count) => (count === 1 ? '1 Artikel ist im Papierkorb' : `${articlesOf(count)} sind im Papierkorb`),
  binnedHint: 'Sie wurden früher importiert und gelöscht. Stelle sie im Papierkorb wieder her.',
  differs: (count) =>
    count === 1
      ? '1 Datei hat einen anderen Text als das früher Importierte'
      : `${number(count)} Dateien haben andere Texte als das früher Importierte`,
  differsHint: 'Die Artikel hier bleiben, wie sie sind. Gib einer Datei eine andere Adresse (slug), um beide zu haben.',
  refused: (count) =>
    count === 1 ? '1 Datei kann nicht übernommen werden' : `${number(count)} Dateien können nicht übernommen werden`,
  refusedHint: 'Die anderen werden trotzdem importiert.',
  all: (count) => `Alle ${number(count)} zeigen`,
  fewer: 'Weniger zeigen',
  nothing: 'In diesen Dateien ist nichts Neues.',
  done: 'Importiert',
  doneNothing: 'Nichts Neues importiert',
  toDrafts: 'Zu den Entwürfen',
};
