import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser, parseHTML } from 'linkedom';

/** The part of the DOM that gold standards are read from. */
interface Dom {
  textContent: string | null;
  querySelectorAll(selector: string): ArrayLike<Dom>;
  remove(): void;
}

/** What a page is known to hold, from the marks of those who made it: nothing of the extractor under test is used. */
export interface Gold {
  /** Paragraphs of the text. */
  paragraphs: string[];
  /** Entries of menus, heads, feet and tables of contents that do not also stand in the text. */
  navigation: string[];
}

/** One page with what it is known to hold. */
export interface GoldPage {
  family: string;
  language: string;
  name: string;
  bytes: Buffer;
  gold: Gold;
}

/** Documentation that was made by one tool, whose marks for navigation are known. */
export interface Family {
  name: string;
  /** What surrounds the text. */
  navigation: string;
  /** What holds one paragraph of it. */
  paragraphs: string;
  /** Folders with the pages of one language, below the folder of the packages or the handbook. */
  folders: [language: string, folder: string][];
}

const docbook = { navigation: '.navheader, .navfooter, .toc, .list-of-tables, .list-of-figures', paragraphs: 'p' };

/** All families, by the tool: DocBook in three styles, Sphinx, Publican. */
export const families: Family[] = [
  {
    name: 'debian-handbook (Publican)',
    navigation: '.docnav, #title, #banner, .toc',
    paragraphs: 'div.para, p.para, div.simpara',
    folders: ['en-US', 'de-DE', 'fr-FR', 'es-ES', 'it-IT', 'ja-JP', 'zh-CN', 'ru-RU', 'pt-BR', 'nb-NO'].map(
      (locale) => [locale.slice(0, 2), `handbook/${locale}`],
    ),
  },
  {
    name: 'debian-reference (DocBook)',
    ...docbook,
    folders: ['de', 'ja', 'pt', 'zh-cn'].map((code) => [code.slice(0, 2), `usr/share/debian-reference/.${code}`]),
  },
  {
    name: 'debian-faq (DocBook)',
    ...docbook,
    folders: ['ko', 'nl', 'ru'].map((code) => [code, `usr/share/doc/debian/FAQ/${code}`]),
  },
  { name: 'maint-guide (DocBook)', ...docbook, folders: [['vi', 'usr/share/doc/maint-guide-vi/html']] },
  {
    name: 'aptitude manual (DocBook)',
    ...docbook,
    folders: ['cs', 'fi'].map((code) => [code, `usr/share/doc/aptitude/html/${code}`]),
  },
  {
    name: 'developers-reference (Sphinx)',
    navigation: '.related, .sphinxsidebar, .footer, .toctree-wrapper, .topic.contents',
    paragraphs: 'p',
    folders: ['de', 'ru'].map((code) => [code, `usr/share/developers-reference/${code}`]),
  },
];

/** Pages that are nothing but a list of pages or words. */
const lists = /^(index|genindex|search|ix\d*|bi\d*|lot|toc|developers-reference)\b/;

/**
 * The pages of a family: of each language `count` at equal distances in the order of their names, among all that have
 * between 6 and 200 KB. Which they are depends on nothing else, so none is picked for its result.
 */
export function pagesOf(family: Family, roots: { packages: string; handbook: string }, count: number): GoldPage[] {
  return family.folders.flatMap(([language, place]) => {
    // "folder/.de" stands for the files of a folder that end in .de.html.
    const ending = `${/\/(\.[\w-]+)$/.exec(place)?.[1] ?? ''}.html`;
    const inside = place.startsWith('handbook/') ? join(roots.handbook, place.slice(9)) : join(roots.packages, place);
    const folder = inside.replace(/\/\.[\w-]+$/, '');
    const names = readdirSync(folder)
      .filter((name) => name.endsWith(ending) && !lists.test(name))
      .filter((name) => {
        const { size } = statSync(join(folder, name));
        return size > 6_000 && size < 200_000;
      })
      .sort();
    const step = Math.max(1, names.length / count);
    return Array.from({ length: Math.min(count, names.length) }, (_, index) => {
      const name = names[Math.floor(index * step)] ?? '';
      const bytes = readFileSync(join(folder, name));
      return { family: family.name, language, name, bytes, gold: goldOf(parse(bytes.toString('utf8')), family) };
    });
  });
}

/** XHTML is read as XML, so that `<a id="x"/>` is what it says. */
export function parse(text: string): Dom {
  if (/^\s*<\?xml/.test(text)) return new DOMParser().parseFromString(text, 'text/xml') as unknown as Dom;
  return parseHTML(text).document as unknown as Dom;
}

/**
 * Reads the gold standard out of a page; the page is taken apart by it.
 * @param marks.except paragraphs that hold one of these are left out
 */
export function goldOf(page: Dom, marks: { navigation: string; paragraphs: string; except?: string }): Gold {
  const entries = Array.from(page.querySelectorAll(marks.navigation)).flatMap((part) =>
    Array.from(part.querySelectorAll('a, th, td, li, strong, label, p'))
      .filter((one) => one.querySelectorAll('a, th, td, li, strong, label, p').length === 0)
      .map((one) => one.textContent ?? ''),
  );
  for (const part of Array.from(page.querySelectorAll(marks.navigation))) part.remove();
  // Numbers of notes, anchors and scripts are no words of a paragraph.
  for (const mark of Array.from(page.querySelectorAll('sup, a.headerlink, script, style'))) mark.remove();
  const whole = normal(Array.from(page.querySelectorAll('body'))[0]?.textContent ?? page.textContent ?? '');
  const paragraphs = Array.from(page.querySelectorAll(marks.paragraphs))
    .filter((one) => one.querySelectorAll(`${marks.paragraphs}, pre, table, ul, ol, dl`).length === 0)
    .filter((one) => marks.except === undefined || one.querySelectorAll(marks.except).length === 0)
    .map((one) => one.textContent ?? '')
    .filter((text) => normal(text).length >= 20);
  const navigation = [...new Set(entries)].filter((text) => normal(text).length >= 4 && !whole.includes(normal(text)));
  return { paragraphs, navigation };
}

/** Letters and digits alone: how blanks, quotes and dashes are written does not count. */
export function normal(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

/** How much of the text was found, and how many entries of the navigation stand in what was extracted. */
export interface Score {
  /** Characters of the paragraphs that were found whole, of all their characters. */
  found: number;
  expected: number;
  leaked: string[];
  navigation: number;
}

/** Compares what was extracted with what is known. */
export function score(extracted: string, gold: Gold): Score {
  const text = normal(extracted);
  const length = (paragraphs: string[]) => paragraphs.reduce((sum, paragraph) => sum + normal(paragraph).length, 0);
  return {
    found: length(gold.paragraphs.filter((paragraph) => text.includes(normal(paragraph)))),
    expected: length(gold.paragraphs),
    leaked: gold.navigation.filter((entry) => text.includes(normal(entry))),
    navigation: gold.navigation.length,
  };
}
