import { sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';
import { wordsIn } from '../text/words.ts';
import type { Embedder } from './embeddings.ts';
import { type CitablePassage, listPassages } from './store.ts';

/** What to look for, and in whose sources. */
export interface PassageQuery {
  userId: string;
  sourceIds: string[];
  text: string;
  language: string | null;
  limit: number;
  /** The most passages of one source, so that a long page does not crowd out the others. */
  perSource?: number;
}

/** Reciprocal rank fusion with k = 60 (Cormack, Clarke, Büttcher: SIGIR 2009) needs no scores that can be compared. */
const fusionK = 60;

/**
 * The passages that fit a text best, best first: ranked by meaning where the embedder knows the language, and by
 * words, fused by rank. With fewer passages than `limit` all are returned.
 */
export async function searchPassages(db: Db, embedder: Embedder, query: PassageQuery): Promise<CitablePassage[]> {
  const all = await listPassages(db, query.userId, query.sourceIds);
  const rankings = [await rankByWords(db, query)];
  if (query.language && embedder.supports(query.language)) rankings.push(await rankByMeaning(db, embedder, query));
  const scores = new Map<string, number>();
  for (const ranking of rankings) {
    ranking.forEach((id, rank) => {
      scores.set(id, (scores.get(id) ?? 0) + 1 / (fusionK + rank));
    });
  }
  const ranked = [...all].sort((a, b) => (scores.get(b.id) ?? 0) - (scores.get(a.id) ?? 0));
  const taken = new Map<string, number>();
  const perSource = query.perSource ?? Number.POSITIVE_INFINITY;
  const chosen: CitablePassage[] = [];
  for (const passage of ranked) {
    const count = taken.get(passage.sourceId) ?? 0;
    if (count >= perSource) continue;
    taken.set(passage.sourceId, count + 1);
    chosen.push(passage);
    if (chosen.length >= query.limit) break;
  }
  return chosen;
}

async function rankByWords(db: Db, query: PassageQuery): Promise<string[]> {
  // Any of the words may match: a topic rarely stands in a passage whole. Words are quoted, so none is an operator.
  const words = [...new Set(wordsIn(query.text.toLowerCase()))].slice(0, 40);
  if (words.length === 0 || query.sourceIds.length === 0) return [];
  const expression = words.map((word) => `'${word.replaceAll("'", "''").replaceAll('\\', '')}'`).join(' | ');
  const rows = await queryRows<{ id: string }>(
    db,
    sql`select id from passages, to_tsquery('simple', ${expression}) as wanted
        where user_id = ${query.userId} and source_id = any(${`{${query.sourceIds.join(',')}}`}::uuid[]) and terms @@ wanted
        order by ts_rank_cd(terms, wanted) desc, id limit 200`,
  );
  return rows.map((row) => row.id);
}

async function rankByMeaning(db: Db, embedder: Embedder, query: PassageQuery): Promise<string[]> {
  const [vector] = await embedder.embed([query.text]);
  if (!vector) return [];
  const literal = `[${Array.from(vector).join(',')}]`;
  const rows = await queryRows<{ id: string }>(
    db,
    sql`select passages.id from passages
        join passage_embeddings on passage_id = passages.id and model = ${embedder.model}
        where passages.user_id = ${query.userId} and source_id = any(${`{${query.sourceIds.join(',')}}`}::uuid[])
        order by embedding <=> ${literal}::vector, passages.id limit 200`,
  );
  return rows.map((row) => row.id);
}
