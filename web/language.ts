/** The languages in which the web app speaks. */
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

/** What they call themselves. */
export const ownNames: Record<Language, string> = { en: 'English', de: 'Deutsch' };

/** The shape of English words, which those of every other language have: the same keys, functions of the same arguments. */
export type Words<English> = English extends string
  ? string
  : English extends (...args: infer Arguments) => infer Said
    ? (...args: Arguments) => Words<Said>
    : { [Key in keyof English]: Words<English[Key]> };

/** The parts of the catalogue: what every page may say, and what only pages say that are loaded when they are visited. */
export type Part =
  | 't'
  | 'connectWords'
  | 'scheduleWords'
  | 'scheduleFormWords'
  | 'autopilotWords'
  | 'holdWords'
  | 'approvalWords'
  | 'mailWords'
  | 'webhookWords'
  | 'priceWords'
  | 'ownKeyWords'
  | 'accountWords'
  | 'auditWords'
  | 'adminWords'
  | 'settingsWords'
  | 'sourceLibraryWords'
  | 'previewWords'
  | 'editedWords'
  | 'paletteWords'
  | 'shortcutWords'
  | 'editorWords'
  | 'assistWords'
  | 'landingWords'
  | 'statusWords'
  | 'backupWords'
  | 'topicImportWords'
  | 'articleImportWords'
  | 'watchingWords'
  | 'imageWords'
  | 'imageLibraryWords'
  | 'historyWords'
  | 'publicationWords';

const storeName = 'blog-poster:language';

/** The language that was chosen in this browser, or by the account that was last signed in here; null for none. */
export function storedLanguage(): Language | null {
  try {
    return readLanguage(globalThis.localStorage?.getItem(storeName));
  } catch (error) {
    console.info('The browser keeps no settings for this page; its own language is used.', error);
    return null;
  }
}

/** Keeps a choice for the next load of a page; null leaves it to the browser again. False where nothing can be kept. */
export function storeLanguage(language: Language | null): boolean {
  try {
    if (language === null) localStorage.removeItem(storeName);
    else localStorage.setItem(storeName, language);
    return localStorage.getItem(storeName) === language;
  } catch (error) {
    console.info('The browser keeps no settings for this page; its own language is used.', error);
    return false;
  }
}

/** The language to speak: what was chosen, else the first of the browser's (`de-AT`, `en`) that we speak, else English. */
export function chooseLanguage(chosen: Language | null, browser: readonly string[]): Language {
  const spoken = browser.map((tag) => readLanguage(readTag(tag)?.language)).find((language) => language !== null);
  return chosen ?? spoken ?? 'en';
}

/**
 * How numbers, money and dates are written: as the browser has it for this language (`de-AT`), else in this language where
 * the reader is (`de-FR` for a browser in `fr-FR`).
 */
export function chooseLocale(language: Language, browser: readonly string[]): string {
  const tags = browser.map(readTag).filter((tag) => tag !== null);
  const own = tags.find((tag) => tag.language === language);
  if (own) return own.toString();
  const region = tags.find((tag) => tag.region)?.region;
  return region ? `${language}-${region}` : language;
}

const readLanguage = (text: string | null | undefined): Language | null =>
  languages.find((language) => language === text) ?? null;

/** Null for what is no tag, such as `C`. */
function readTag(tag: string): Intl.Locale | null {
  try {
    return new Intl.Locale(tag);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}

const ofBrowser = globalThis.navigator?.languages ?? [];

/** The language of whoever has chosen none. */
export const browserLanguage = chooseLanguage(null, ofBrowser);

/** The language that is wanted; a page speaks English where its words could not be loaded. */
export const wantedLanguage = chooseLanguage(storedLanguage(), ofBrowser);

const german = wantedLanguage === 'de' ? await loadGerman() : null;

/** The language in use. It stays until the page is loaded anew. */
export const language: Language = german ? 'de' : 'en';

/** The locale of numbers, money and dates, such as `de-AT`. */
export const locale = chooseLocale(language, ofBrowser);
german?.countAs(locale);

/** The words of one part of the catalogue, in the language in use. */
export function wordsOf<English>(part: Part, english: English): Words<English> {
  return (german?.words[part] ?? english) as Words<English>;
}

/** What the server said in English, in the language in use; null where that is not known. */
export function translated(text: string): string | null {
  return german ? german.translate(text) : text;
}

/** A chunk of its own. It must not wait for anything of this page, which waits for it: it imports nothing of the app. */
async function loadGerman() {
  try {
    return await import('./de/strings.ts');
  } catch (error) {
    console.warn('The German words could not be loaded; the page speaks English.', error);
    return null;
  }
}
