import { and, eq, sql } from 'drizzle-orm';
import { insertArticle } from '../articles/articles.ts';
import { articles } from '../articles/schema.ts';
import { slugify } from '../articles/slug.ts';
import type { AppContext } from '../context.ts';
import type { Db } from '../db/open.ts';
import { digest } from '../digest.ts';
import { AppError } from '../errors.ts';
import type { ArticleDocument, DocumentFormat } from './document.ts';
import { readJsonDocument } from './read-json.ts';
import { readMarkdownDocument } from './read-markdown.ts';
import { articleImports } from './schema.ts';
import type { GivenDocument } from './split-list.ts';

/**
 * What became of a document. `known`: it came in before and nothing is done, whatever has been made of the article since;
 * `binned`: so is its article, which is in the bin; `differs`: another text came in under this address; `refused`: it cannot
 * be an article.
 */
export const importOutcomes = ['created', 'known', 'binned', 'differs', 'refused'] as const;
export type ImportOutcome = (typeof importOutcomes)[number];

export interface ImportedDocument {
  name: string;
  outcome: ImportOutcome;
  /** Null where there is none: refused, or a trial that would make one. */
  articleId: string | null;
  title: string | null;
  slug: string | null;
  warnings: string[];
  error: AppError | null;
}

type Ctx = Pick<AppContext, 'db' | 'queue' | 'now'>;

/**
 * Takes over articles that were written elsewhere, as drafts, each in a transaction of its own: what is broken off can be
 * sent again and goes on where it was, because a document that came in before is known by its address and its text. Nothing
 * is ever changed of an article that is here. With `trial` everything is looked at and nothing kept.
 */
export async function importArticles(
  ctx: Ctx,
  userId: string,
  documents: GivenDocument[],
  options: { format: DocumentFormat; trial?: boolean },
): Promise<ImportedDocument[]> {
  const results: ImportedDocument[] = [];
  if (options.trial) return tryAll(ctx, userId, documents, options.format);
  for (const document of documents) {
    const read = readDocument(document, options.format, ctx.now());
    results.push('refused' in read ? read.refused : await ctx.db.transaction((tx) => take(ctx, tx, userId, read)));
  }
  return results;
}

/** In one transaction, so that two documents of the trial with one address are seen as they would be; it is then taken back. */
async function tryAll(
  ctx: Ctx,
  userId: string,
  documents: GivenDocument[],
  format: DocumentFormat,
): Promise<ImportedDocument[]> {
  const over = new Error('a trial is taken back');
  const results: ImportedDocument[] = [];
  try {
    await ctx.db.transaction(async (tx) => {
      for (const document of documents) {
        const read = readDocument(document, format, ctx.now());
        const one = 'refused' in read ? read.refused : await take(ctx, tx, userId, read);
        results.push(one.outcome === 'created' ? { ...one, articleId: null } : one);
      }
      throw over;
    });
  } catch (error) {
    if (error !== over) throw error;
  }
  return results;
}

type Read = { name: string; document: ArticleDocument };

function readDocument(
  { name, text }: GivenDocument,
  format: DocumentFormat,
  now: Date,
): Read | { refused: ImportedDocument } {
  try {
    const document = format === 'json' ? readJsonDocument(text, now) : readMarkdownDocument(text, name, now);
    return { name, document };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const nothing = { articleId: null, title: null, slug: null, warnings: [] };
    return { refused: { name, outcome: 'refused', ...nothing, error } };
  }
}

async function take(ctx: Ctx, tx: Db, userId: string, { name, document }: Read): Promise<ImportedDocument> {
  const { categories, tags, writtenAt, extra, warnings, language, ...content } = document;
  const key = slugify(content.slug || content.title);
  const fingerprint = digest({ ...content, categories, tags, writtenAt: writtenAt?.toISOString() ?? null, extra });
  // One after the other for each user: two imports of the same files at once make each article once.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${`imports of ${userId}`}))`);
  const [known] = await tx
    .select({
      digest: articleImports.digest,
      importedAt: articleImports.importedAt,
      articleId: articles.id,
      title: articles.title,
      slug: articles.slug,
      deletedAt: articles.deletedAt,
    })
    .from(articleImports)
    .innerJoin(articles, eq(articles.id, articleImports.articleId))
    .where(and(eq(articleImports.userId, userId), eq(articleImports.key, key)));
  if (known) {
    const { articleId, title, slug } = known;
    const outcome = known.digest !== fingerprint ? 'differs' : known.deletedAt ? 'binned' : 'known';
    return { name, outcome, articleId, title, slug, warnings: [], error: null };
  }
  const row = await insertArticle(ctx, tx, userId, {
    ...content,
    language: language ?? null,
    terms: categories.length + tags.length > 0 ? { categories, tags } : null,
    pipelineId: null,
    author: 'user',
    ...(writtenAt ? { createdAt: writtenAt } : {}),
  });
  await tx.insert(articleImports).values({ userId, key, digest: fingerprint, articleId: row.id, extra });
  const moved =
    row.slug === key ? [] : [`The address “${key}” is that of another article here: this one has “${row.slug}”.`];
  const said = [...warnings, ...moved];
  return { name, outcome: 'created', articleId: row.id, title: row.title, slug: row.slug, warnings: said, error: null };
}
