import type { Nodes } from 'mdast';
import type { Source } from '../knowledge/schema.ts';
import { limitText } from '../text/limit-text.ts';
import type { Article } from './schema.ts';
import type { ReadText } from './text-blocks.ts';

/** What search engines read beside the text: schema.org BlogPosting (https://schema.org/BlogPosting) with its citations. */
export function articleJsonLd(article: {
  title: string;
  description: string;
  keyword: string;
  language: string;
  wordCount: number;
  createdAt: Date;
  sources: Source[];
}): Record<string, unknown> {
  return {
    '@context': 'https://schema.org',
    '@type': 'BlogPosting',
    ...described(article),
    dateCreated: article.createdAt.toISOString(),
    citation: article.sources.map((source) => ({
      '@type': 'CreativeWork',
      name: source.title,
      ...(source.url ? { url: source.url } : {}),
      ...(source.author ? { author: { '@type': 'Person', name: source.author } } : {}),
      ...(source.publishedAt ? { datePublished: source.publishedAt.toISOString().slice(0, 10) } : {}),
    })),
  };
}

function described(article: {
  title: string;
  description: string;
  keyword: string;
  language: string;
  wordCount: number;
}): Record<string, unknown> {
  return {
    // Google cuts headlines at 110 characters.
    headline: limitText(article.title, 110),
    description: article.description,
    keywords: article.keyword,
    inLanguage: article.language,
    wordCount: article.wordCount,
  };
}

/**
 * The same for an article that a person has changed since: what it says of the text is that of the text as it stands, and of
 * the sources those are left that it still cites.
 */
export function renewJsonLd(
  jsonLd: Record<string, unknown>,
  article: Pick<Article, 'title' | 'metaDescription' | 'keyword'>,
  { read, wordCount, language }: { read: ReadText; wordCount: number; language: string },
): Record<string, unknown> {
  const { title, keyword } = article;
  const notes = citedNotes(read);
  const citation = Array.isArray(jsonLd.citation)
    ? { citation: jsonLd.citation.filter((cited: unknown) => namesIt(notes, cited)) }
    : {};
  return {
    ...jsonLd,
    ...described({ title, description: article.metaDescription, keyword, language, wordCount }),
    ...citation,
  };
}

/** Words and addresses of the footnotes that the text points at. */
function citedNotes({ tree, footnotes }: ReadText): Set<string>[] {
  return tree.children.flatMap((node) => {
    if (node.type !== 'footnoteDefinition' || !footnotes.has(node.identifier)) return [];
    const said = new Set<string>();
    let words = '';
    const visit = (inner: Nodes): void => {
      if (inner.type === 'link') said.add(inner.url);
      if ('value' in inner) words += inner.value;
      if ('children' in inner) for (const child of inner.children) visit(child);
    };
    visit(node);
    return [said.add(words)];
  });
}

/** Whether one of the footnotes names a source: by its address, or by its title where it has none. */
function namesIt(notes: readonly ReadonlySet<string>[], cited: unknown): boolean {
  const { url, name } = cited as { url?: unknown; name?: unknown };
  if (typeof url === 'string') return notes.some((note) => note.has(url));
  return typeof name !== 'string' || notes.some((note) => [...note].some((words) => words.includes(name)));
}
