import { and, eq, inArray, isNull, ne, or, sql } from 'drizzle-orm';
import { settingsOf } from '../sites/settings.ts';
import { changeSync } from './lease.ts';
import type { SyncRun } from './run.ts';
import { sitePosts } from './schema.ts';

/** Texts at a time: a second of processor time. */
const batch = 16;

/**
 * Computes what is missing of the vectors of title and excerpt, for posts in a language that the embedder understands, and
 * those of another model anew. A few hundred in one run: the rest comes with the next. True when none is left.
 */
export async function embedPosts(run: SyncRun): Promise<boolean> {
  const { ctx, site, lease, timing } = run;
  const { embedder } = ctx;
  const usual = settingsOf(site).language;
  const languages = await ctx.db
    .selectDistinct({ language: sitePosts.language })
    .from(sitePosts)
    .where(eq(sitePosts.siteId, site.id));
  const supported = languages.flatMap(({ language }) => (language && embedder.supports(language) ? [language] : []));
  // A title is often too short to tell its language by.
  const unknown = embedder.supports(usual ?? 'en') ? isNull(sitePosts.language) : undefined;
  const known = supported.length > 0 ? inArray(sitePosts.language, supported) : undefined;
  if (!unknown && !known) return true;
  for (let done = 0; done < timing.embedPerRun; done += batch) {
    const rows = await ctx.db
      .select({ remoteId: sitePosts.remoteId, title: sitePosts.title, excerpt: sitePosts.excerpt })
      .from(sitePosts)
      .where(
        and(
          eq(sitePosts.siteId, site.id),
          isNull(sitePosts.goneAt),
          or(isNull(sitePosts.model), ne(sitePosts.model, embedder.model)),
          or(unknown, known),
        ),
      )
      .orderBy(sitePosts.remoteId)
      .limit(batch);
    if (rows.length === 0) return true;
    const vectors = await embedder.embed(rows.map(({ title, excerpt }) => [title, excerpt].join('. ')));
    await ctx.db.transaction(async (tx) => {
      await changeSync(tx, lease);
      for (const [index, { remoteId, title, excerpt }] of rows.entries()) {
        const embedding = vectors[index];
        if (!embedding) continue;
        await tx
          .update(sitePosts)
          .set({ embedding: Array.from(embedding), model: embedder.model, dimensions: embedder.dimensions })
          .where(
            and(
              eq(sitePosts.siteId, site.id),
              eq(sitePosts.remoteId, remoteId),
              sql`${sitePosts.title} = ${title} and ${sitePosts.excerpt} = ${excerpt}`,
            ),
          );
      }
    });
  }
  return false;
}
