import type { Article } from '@/api/client/types.gen.ts';

/** What a person can change of an article in the editor. */
export const fieldNames = ['title', 'slug', 'excerpt', 'metaTitle', 'metaDescription', 'keyword'] as const;
export type FieldName = (typeof fieldNames)[number];
export type Values = Record<FieldName | 'markdown', string>;

/** The editable parts of an article as the server has it. */
export function valuesOf(article: Pick<Article, FieldName | 'markdown'>): Values {
  const { title, slug, excerpt, metaTitle, metaDescription, keyword, markdown } = article;
  return { title, slug, excerpt, metaTitle, metaDescription, keyword, markdown };
}

/** Those of `now` that differ from `before`. */
export function changed(before: Values, now: Values): Partial<Values> {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => before[name as keyof Values] !== value));
}
