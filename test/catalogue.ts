import { words } from '../web/de/strings.ts';
import { t } from '../web/strings.ts';
import { accountWords, adminWords, auditWords } from '../web/strings-account.ts';
import { articleImportWords } from '../web/strings-article-import.ts';
import { assistWords } from '../web/strings-assist.ts';
import { backupWords } from '../web/strings-backups.ts';
import { editedWords } from '../web/strings-edited.ts';
import { editorWords } from '../web/strings-editor.ts';
import { historyWords, imageLibraryWords, imageWords } from '../web/strings-images.ts';
import { ownKeyWords } from '../web/strings-keys.ts';
import { landingWords } from '../web/strings-landing.ts';
import { mailWords, webhookWords } from '../web/strings-outbox.ts';
import { paletteWords, shortcutWords } from '../web/strings-palette.ts';
import { previewWords } from '../web/strings-preview.ts';
import { priceWords } from '../web/strings-prices.ts';
import { publicationWords } from '../web/strings-publication.ts';
import {
  approvalWords,
  autopilotWords,
  holdWords,
  scheduleFormWords,
  scheduleWords,
} from '../web/strings-schedules.ts';
import { settingsWords } from '../web/strings-settings.ts';
import { connectWords } from '../web/strings-sites.ts';
import { sourceLibraryWords } from '../web/strings-sources.ts';
import { statusWords } from '../web/strings-status.ts';
import { topicImportWords, watchingWords } from '../web/strings-topic-intake.ts';

/** What a catalogue says, by the path of its key. */
export type Said = string | ((...values: unknown[]) => string);

function everything(part: unknown, path: string, found = new Map<string, Said>()): Map<string, Said> {
  if (typeof part === 'object' && part !== null) {
    for (const [key, value] of Object.entries(part)) everything(value, `${path}.${key}`, found);
  } else found.set(path, part as Said);
  return found;
}

/** Everything that the web app says in English, by the path of its key. */
export const english = everything(
  {
    t,
    connectWords,
    scheduleWords,
    scheduleFormWords,
    autopilotWords,
    holdWords,
    approvalWords,
    mailWords,
    webhookWords,
    priceWords,
    ownKeyWords,
    accountWords,
    auditWords,
    adminWords,
    settingsWords,
    sourceLibraryWords,
    previewWords,
    editedWords,
    paletteWords,
    shortcutWords,
    editorWords,
    assistWords,
    landingWords,
    statusWords,
    backupWords,
    topicImportWords,
    articleImportWords,
    watchingWords,
    imageWords,
    imageLibraryWords,
    historyWords,
    publicationWords,
  },
  '',
);
/** The same in German. */
export const german = everything(words, '');
export const paths = [...english.keys()];

/** What functions are tried with: texts and counts that nothing else says, mixtures, a list, one, none and nothing. */
export const kinds: ((index: number) => unknown)[] = [
  (index) => `Zq${index}x`,
  (index) => 73 + index,
  (index) => (index === 0 ? 'Zq0x' : 73 + index),
  (index) => (index === 0 ? 73 : `Zq${index}x`),
  (index) => [`Zq${index}x`],
  () => 1,
  () => 0,
  () => null,
];

/** What is said of arguments of a kind; null where it takes no such ones. */
export function say(
  said: Said | undefined,
  kind: (index: number) => unknown,
): { given: unknown[]; text: string } | null {
  if (typeof said !== 'function') return said === undefined ? null : { given: [], text: said };
  const given = Array.from({ length: said.length }, (_, index) => kind(index));
  try {
    return { given, text: said(...given) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return null;
  }
}

/** Everything that is said, once. */
export const sampleTexts = (said: Said | undefined) => [
  ...new Set(kinds.flatMap((kind) => say(said, kind)?.text ?? [])),
];
