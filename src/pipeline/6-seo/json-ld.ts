import type { Source } from '../../knowledge/schema.ts';
import { limitText } from '../../text/limit-text.ts';

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
    // Google cuts headlines at 110 characters.
    headline: limitText(article.title, 110),
    description: article.description,
    keywords: article.keyword,
    inLanguage: article.language,
    wordCount: article.wordCount,
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
