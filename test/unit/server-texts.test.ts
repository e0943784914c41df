import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scoreArticle } from '../../src/articles/seo-score.ts';
import { errorCatalogue } from '../../src/errors.ts';
import { explainGates, reasonsAgainst } from '../../src/pipeline/7-publish/gates.ts';
import { causes } from '../../src/wordpress/site-error.ts';
import { serverTexts, translate } from '../../web/de/server-texts.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The texts of the server as they stand in its source, without the seams of long ones. */
const source = globSync('src/**/*.ts', { cwd: root })
  .filter((file) => !file.includes('.test.'))
  .map((file) => readFileSync(`${root}${file}`, 'utf8'))
  .join('\n')
  .replaceAll(/'\s*\+\s*'/g, '')
  .replaceAll("\\'", "'");

describe('what the server says in English', () => {
  it('is known in German for the hint of every problem code', () => {
    expect(Object.values(errorCatalogue).filter(({ hint }) => translate(hint) === null)).toEqual([]);
  });

  it('is known in German for the mend of everything that a site can refuse', () => {
    expect(Object.values(causes).filter(({ hint }) => translate(hint) === null)).toEqual([]);
  });

  it('is known in German for every SEO check, passed or not', () => {
    const article = {
      title: 'Baking rye bread',
      metaTitle: 'Rye bread',
      metaDescription: 'About rye bread.',
      excerpt: '',
      slug: 'something',
      keyword: 'sourdough starter',
      language: 'en',
      markdown: `Bread is good.\n\n## Why\n\n${'Bread is baked in an oven. '.repeat(80)}\n`,
      words: { min: 400, max: 700 },
      sources: 1,
      claims: { kept: 3, removed: 1 },
      internalLinks: 0,
    };
    const better = {
      ...article,
      title: 'A sourdough starter for baking rye bread',
      metaTitle: 'A sourdough starter for rye bread',
      metaDescription: `A sourdough starter ${'makes good bread '.repeat(6)}`,
      excerpt: 'Read it.',
      slug: 'sourdough-starter',
      markdown: `A sourdough starter is good.\n\n## The sourdough starter\n\nIt rises.\n\n## Bread\n\n${'Bread. '.repeat(30)}\n`,
      sources: 4,
      internalLinks: 2,
    };
    const written = {
      ...article,
      keyword: '',
      markdown: `${article.markdown}\n![](/a.png)\n\n![](/b.png)\n\n![Bread](/c.png)\n`,
      claims: { kept: 3, removed: 1, changed: 2 },
    };
    const illustrated = { ...better, markdown: `${better.markdown}\n![Bread](/c.png)\n`, claims: null };
    const said = [article, better, written, illustrated].flatMap((one) =>
      scoreArticle(one).checks.flatMap(({ message, hint }) => [message, hint]),
    );
    expect(said.length).toBeGreaterThan(60);
    expect(said.filter((text) => translate(text) === null)).toEqual([]);
  });

  it('is known in German for every gate that an article does not pass by itself', () => {
    const used = { spentMicroUsd: 1_500_000, limitMicroUsd: 1_000_000 };
    const figures = {
      doubtfulClaims: 1,
      uncheckedSentences: 1,
      seoScore: null,
      minSeoScore: 60,
      holdHours: 24,
      month: used,
      ownMonth: used,
      scheduleMonth: used,
    };
    const explained = explainGates({ against: reasonsAgainst(figures) });
    const german = translate(explained);
    expect(german).toContain('eine Aussage darin ist nicht durch eine Quelle belegt; ein Satz darin');
    expect(german).toContain('dein Limit für den Monat ist aufgebraucht (1,50\u00a0$ von 1,00\u00a0$)');
    const english = /\b(its|is|are|of|the|your|by|Then|Look|Raise)\b/;
    expect(german).not.toMatch(english);
    const more = { ...figures, doubtfulClaims: 3, uncheckedSentences: 2, seoScore: 41 };
    const again = translate(explainGates({ against: reasonsAgainst(more) }));
    expect(again).toContain('3 Aussagen darin sind');
    expect(again).toContain('seine SEO-Punktzahl ist 41, unter dem Mindestwert von 60');
    expect(again).not.toMatch(english);
  });

  it('is still said: nothing is translated that the server has ceased to say', () => {
    // Composed of two pieces of the source, or words of the schema library.
    const composed =
      /^(Too (small|big)|Invalid |Either the password|Both |One (time|section)|Only the subtitle|This is close to|Score \{\}|Its turn comes after one|The clock of the site|\{\} found 1 page|\{\} was found; it takes title)|only one names \{\}\.$/;
    const pieces = (english: string) =>
      english
        .split('{}')
        .map((piece) => piece.trim())
        .filter((piece) => /\w{3}/.test(piece));
    const gone = serverTexts
      .map(([english]) => english)
      .filter((english) => !composed.test(english))
      .filter((english) => !pieces(english).every((piece) => source.includes(piece)));
    expect(gone).toEqual([]);
  });

  it('is translated once', () => {
    const english = serverTexts.map(([text]) => text);
    expect(english.filter((text, index) => english.indexOf(text) !== index)).toEqual([]);
  });
});

describe('a translation', () => {
  it('has what changes in it, as German writes it', () => {
    expect(translate('The title has 12 characters.')).toBe('Der Titel hat 12 Zeichen.');
    expect(translate('The keyword makes up 1.5 % of the text (3 times).')).toBe(
      'Der Suchbegriff macht 1,5\u202f% des Textes aus (3-mal).',
    );
    expect(translate('1 headings contain the keyword.')).toBe('1 Überschrift enthält den Suchbegriff.');
    expect(translate('The next call may cost up to $0.50, more than is left of the limit.')).toContain('0,50\u00a0$');
  });

  it('of several sentences is one only where all of them are known', () => {
    expect(translate('There is no such article. Check the address; the object may have been deleted.')).toBe(
      'Diesen Artikel gibt es nicht. Prüfe die Adresse; vielleicht wurde das Gesuchte gelöscht.',
    );
    expect(translate('There is no such article. Nobody knows why.')).toBeNull();
    expect(translate('Nobody knows why.')).toBeNull();
  });
});
