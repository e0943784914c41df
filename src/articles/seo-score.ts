import type { Element, Root } from 'hast';
import { readability } from '../text/readability.ts';
import { contentTerms } from '../text/terms.ts';
import { countWords } from '../text/words.ts';
import { renderMarkdown, treeToText } from './markdown.ts';
import type { SeoCheck, SeoReport } from './schema.ts';

/** Everything that the score looks at. */
export interface Scored {
  title: string;
  slug: string;
  markdown: string;
  metaTitle: string;
  metaDescription: string;
  excerpt: string;
  keyword: string;
  language: string;
  words: { min: number; max: number };
  sources: number;
  /** Null for a text without any: one that was written by hand. `changed` ones stand in other words than were checked. */
  claims: { kept: number; removed: number; changed?: number } | null;
  /** Links to the account's own articles; null when it has none that could be linked to. */
  internalLinks: number | null;
  /** Its `markdown`, where that has been rendered already. */
  tree?: Root;
}

interface Section {
  level: number;
  heading: string;
  paragraphs: string[];
  /** Of each paragraph: counting is the most that the score costs. */
  words: number[];
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** A check that does not apply (a language without a readability formula) is left out instead of counted as passed. */
type Check = Omit<SeoCheck, 'passed'> | null;

/**
 * The score of an article: 0-100, the weighted share of the named checks that apply. Each says what it found and what
 * to do. The limits are those that search engines show (about 60 characters of a title, 160 of a description) and
 * common editorial practice; none of them is a promise of a rank.
 */
export function scoreArticle(article: Scored): SeoReport {
  const tree = article.tree ?? renderMarkdown(article.markdown).tree;
  const sections = readSections(tree);
  const text = sections.flatMap((section) => section.paragraphs).join('\n');
  const checks = [
    ...titleChecks(article),
    ...keywordChecks(article, sections, text),
    ...textChecks(article, sections, text),
    imageCheck(tree),
    ...proofChecks(article),
  ].flatMap((check) => (check ? [{ ...check, passed: check.earned === 1 }] : []));
  const total = checks.reduce((sum, check) => sum + check.weight, 0);
  const earned = checks.reduce((sum, check) => sum + check.weight * check.earned, 0);
  return { score: Math.round((100 * earned) / total), checks };
}

const all = (ok: boolean) => (ok ? 1 : 0);

/** 1 inside the range, falling to 0 at half of its lower or twice its upper end. */
function inRange(value: number, min: number, max: number): number {
  if (value >= min && value <= max) return 1;
  return Math.max(0, value < min ? (value - min / 2) / (min / 2) : (2 * max - value) / max);
}

function titleChecks(article: Scored): Check[] {
  const length = [...article.title].length;
  const meta = [...article.metaTitle].length;
  const description = [...article.metaDescription].length;
  return [
    {
      name: 'title_length',
      weight: 6,
      earned: inRange(length, 20, 70),
      message: `The title has ${length} characters.`,
      hint: 'Give it 20 to 70 characters: long enough to be specific, short enough to be shown whole.',
    },
    {
      name: 'meta_title_length',
      weight: 6,
      earned: inRange(meta, 20, 60),
      message: `The title for search results has ${meta} characters.`,
      hint: 'Give it 20 to 60 characters; search results cut off more.',
    },
    {
      name: 'meta_description_length',
      weight: 8,
      earned: inRange(description, 100, 160),
      message: `The description for search results has ${description} characters.`,
      hint: 'Write one or two sentences of 100 to 160 characters.',
    },
    {
      name: 'excerpt',
      weight: 3,
      earned: all(article.excerpt.length > 0),
      message: article.excerpt ? 'There is an excerpt.' : 'There is no excerpt.',
      hint: 'Write two sentences that make a reader open the article.',
    },
  ];
}

/** What the checks of the keyword weigh together: without one none of them is passed. */
const keywordWeight = 40;

function keywordChecks(article: Scored, sections: Section[], text: string): Check[] {
  const { keyword, language } = article;
  if (keyword.trim() === '') {
    const hint =
      'Enter the words that readers search for; the title, the opening and a heading are then held against them.';
    return [{ name: 'keyword', weight: keywordWeight, earned: 0, message: 'There is no keyword.', hint }];
  }
  const inText = (part: string) => containsKeyword(part, keyword, language);
  const opening = text.split('\n').slice(0, 2).join('\n');
  const headings = sections.filter((section) => section.level > 0 && inText(section.heading)).length;
  const uses = countKeyword(text, keyword);
  const density = (100 * uses * countWords(keyword)) / Math.max(1, sum(sections.flatMap((section) => section.words)));
  return [
    {
      name: 'keyword_in_title',
      weight: 12,
      earned: all(inText(article.title)),
      message: inText(article.title) ? 'The title contains the keyword.' : `The title lacks "${keyword}".`,
      hint: 'Put the keyword into the title, near its beginning.',
    },
    {
      name: 'keyword_in_introduction',
      weight: 8,
      earned: all(inText(opening)),
      message: inText(opening)
        ? 'The introduction contains the keyword.'
        : `The first two paragraphs lack "${keyword}".`,
      hint: 'Use the keyword in the first paragraph.',
    },
    {
      name: 'keyword_in_headings',
      weight: 6,
      earned: all(headings > 0),
      message: `${headings} headings contain the keyword.`,
      hint: 'Use the keyword in one or two headings where it is natural.',
    },
    {
      name: 'keyword_in_description',
      weight: 5,
      earned: all(inText(article.metaDescription)),
      message: inText(article.metaDescription)
        ? 'The description contains the keyword.'
        : `The description lacks "${keyword}".`,
      hint: 'Use the keyword in the description: search results show it in bold.',
    },
    {
      name: 'keyword_in_slug',
      weight: 4,
      earned: all(inText(article.slug.replaceAll('-', ' '))),
      message: inText(article.slug.replaceAll('-', ' '))
        ? 'The address contains the keyword.'
        : 'The address lacks the keyword.',
      hint: 'Use the keyword in the address before the article is published.',
    },
    {
      name: 'keyword_density',
      weight: 5,
      earned: inRange(density, 0.2, 3),
      message: `The keyword makes up ${density.toFixed(1)} % of the text (${uses} times).`,
      hint: 'Use it a few times where it is natural: 0.2 to 3 % of the words.',
    },
  ];
}

function textChecks(article: Scored, sections: Section[], text: string): Check[] {
  const words = sum(sections.flatMap((section) => section.words));
  const { min, max } = article.words;
  const headed = sections.filter((section) => section.level > 0);
  const longest = sections.reduce((most, section) => Math.max(most, sum(section.words)), 0);
  const longParagraphs = sections.flatMap((section) => section.words).filter((count) => count > 150).length;
  const ease = readability(text, article.language);
  return [
    {
      name: 'word_count',
      weight: 8,
      earned: inRange(words, min, max),
      message: `The text has ${words} words; the aim is ${min} to ${max}.`,
      hint: words < min ? 'Say more, from sources that say more.' : 'Shorten sections that say little.',
    },
    {
      name: 'headings',
      weight: 6,
      earned: all(headed.length >= 2),
      message: `The text has ${headed.length} headings.`,
      hint: 'Divide the text with at least two headings.',
    },
    {
      name: 'section_length',
      weight: 5,
      earned: inRange(longest, 0, 350),
      message: `The longest section has ${longest} words.`,
      hint: 'Divide sections of more than 350 words with another heading.',
    },
    {
      name: 'paragraph_length',
      weight: 4,
      earned: longParagraphs === 0 ? 1 : Math.max(0, 1 - longParagraphs / 4),
      message: longParagraphs === 0 ? 'All paragraphs are short.' : `${longParagraphs} paragraphs have over 150 words.`,
      hint: 'Divide paragraphs of more than 150 words.',
    },
    ease && {
      name: 'readability',
      weight: 6,
      earned: inRange(ease.score, 40, 100),
      message: `Reading ease is ${Math.round(ease.score)} of 100 (${ease.formula}).`,
      hint: 'Shorten sentences and use shorter words; aim for 40 or more.',
    },
  ];
}

function proofChecks(article: Scored): Check[] {
  const links = article.internalLinks;
  return [
    {
      name: 'sources',
      weight: 8,
      earned: Math.min(1, article.sources / 3),
      message: `${article.sources} sources are cited.`,
      hint: 'Give at least three independent sources.',
    },
    claimsCheck(article.claims),
    links === null
      ? null
      : {
          name: 'internal_links',
          weight: 4,
          earned: Math.min(1, links),
          message: `${links} links to your other articles.`,
          hint: 'Link to articles of yours on neighbouring topics.',
        },
  ];
}

function claimsCheck(claims: Scored['claims']): Check {
  if (!claims) return null;
  const { kept, removed, changed = 0 } = claims;
  const reworded = changed > 0 ? `, ${changed} stand in other words than were checked` : '';
  return {
    name: 'claims',
    weight: 8,
    earned: kept === 0 ? 0 : kept / (kept + removed + changed),
    message: `${kept} claims stand${reworded}, ${removed} were removed because their sources do not bear them out.`,
    hint:
      changed > 0
        ? 'Hold the changed sentences against their sources, or put them back.'
        : 'Look at the removed claims: a better source may support them.',
  };
}

/** Does not apply to a text without images. */
function imageCheck(tree: Root): Check {
  const images: Element[] = [];
  const visit = (node: Root | Element): void => {
    for (const child of node.children) {
      if (child.type !== 'element') continue;
      if (child.tagName === 'img') images.push(child);
      visit(child);
    }
  };
  visit(tree);
  if (images.length === 0) return null;
  const silent = images.filter(({ properties }) => String(properties.alt ?? '').trim() === '').length;
  return {
    name: 'image_alt',
    weight: 3,
    earned: 1 - silent / images.length,
    message: silent === 0 ? 'Every image is described.' : `${silent} of ${images.length} images have no description.`,
    hint: 'Say in a few words what the image shows, for those who cannot see it.',
  };
}

/** True when every content word of the keyword stands in the text, in whatever form and order. */
export function containsKeyword(text: string, keyword: string, language: string): boolean {
  if (text.toLowerCase().includes(keyword.toLowerCase())) return true;
  const wanted = contentTerms(keyword, language);
  const found = new Set(contentTerms(text, language));
  return wanted.length > 0 && wanted.every((term) => found.has(term));
}

function countKeyword(text: string, keyword: string): number {
  return text.toLowerCase().split(keyword.toLowerCase()).length - 1;
}

/** Splits the rendered text at its headings; what stands before the first has level 0. Footnotes are left out. */
function readSections(tree: Root): Section[] {
  const sections: Section[] = [{ level: 0, heading: '', paragraphs: [], words: [] }];
  for (const node of tree.children) {
    if (node.type !== 'element' || node.tagName === 'section') continue;
    const level = /^h([1-6])$/.exec(node.tagName)?.[1];
    const text = treeToText({ type: 'root', children: [node] }).trim();
    if (level) sections.push({ level: Number(level), heading: text, paragraphs: [], words: [] });
    else if (text) {
      sections.at(-1)?.paragraphs.push(text);
      sections.at(-1)?.words.push(countWords(text));
    }
  }
  return sections;
}
