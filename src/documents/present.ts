import { z } from 'zod';
import { sourceOrigins } from '../knowledge/schema.ts';
import type { DocumentUse, UsedDocument, UsedPassage } from './queries.ts';

const time = z.iso.datetime();
export const documentKinds = ['url', 'feed-item', 'file', 'text'] as const;

const shape = {
  id: z.uuid(),
  kind: z.enum(documentKinds),
  url: z.string().nullable(),
  title: z.string(),
  siteName: z.string().nullable(),
  author: z.string().nullable(),
  publishedAt: time.nullable(),
  language: z.string().nullable(),
  wordCount: z.int(),
  articles: z.int().meta({ description: 'How many articles cite it, those in the bin included' }),
  claims: z.int().meta({ description: 'How many claims quote it' }),
  fetchedAt: time.meta({ description: 'When this text was read' }),
  checkedAt: time.nullable().meta({ description: 'When its page was last asked for again' }),
  deletedAt: time.nullable().meta({ description: 'When it was put into the bin, where it stays 30 days' }),
};

/** A stored source in lists: without its text. */
export const documentSchema = z.object(shape).meta({ id: 'SourceDocument' });

export const documentUseSchema = z
  .object({
    articleId: z.uuid(),
    title: z.string(),
    number: z.int().meta({ description: 'Its footnote number in the article' }),
    claims: z.int().meta({ description: 'Claims of the article that quote it' }),
    deleted: z.boolean().meta({ description: 'The article is in the bin' }),
  })
  .meta({ id: 'SourceDocumentUse' });

/** One stored source with where it was used. */
export const documentDetailsSchema = z
  .object({
    ...shape,
    uses: z.array(documentUseSchema).meta({ description: 'Newest first, at most 100' }),
    found: z
      .array(z.object({ origin: z.enum(sourceOrigins), foundBy: z.string().nullable() }))
      .meta({ description: 'Who named it, and by which queries searches found it' }),
    otherReadings: z
      .array(z.object({ id: z.uuid(), fetchedAt: time }))
      .meta({ description: 'The same address, read at other times, when it said something else' }),
  })
  .meta({ id: 'SourceDocumentDetails' });

export const passageSchema = z
  .object({
    id: z.uuid(),
    ordinal: z.int(),
    heading: z.string().nullable(),
    text: z.string(),
    claims: z.int().meta({ description: 'Claims that quote it' }),
  })
  .meta({ id: 'SourcePassage' });

/** A stored source as it leaves. */
export function presentDocument(row: UsedDocument): z.infer<typeof documentSchema> {
  return {
    id: row.id,
    kind: row.kind,
    url: row.url,
    title: row.title,
    siteName: row.siteName,
    author: row.author,
    publishedAt: row.publishedAt?.toISOString() ?? null,
    language: row.language,
    wordCount: row.wordCount,
    articles: row.articles,
    claims: row.claims,
    fetchedAt: row.fetchedAt.toISOString(),
    checkedAt: row.checkedAt?.toISOString() ?? null,
    deletedAt: row.deletedAt?.toISOString() ?? null,
  };
}

export const presentUse = ({ articleId, title, number, claims, deleted }: DocumentUse) => ({
  articleId,
  title,
  number,
  claims,
  deleted,
});

export const presentPassage = ({ id, ordinal, heading, text, claims }: UsedPassage) => ({
  id,
  ordinal,
  heading,
  text,
  claims,
});
