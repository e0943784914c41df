import { client } from './client/client.gen.ts';
import type { ImportTopicsData, TopicImport } from './client/types.gen.ts';
import type { ApiProblem } from './problem.ts';

/** The largest list that the server takes, in bytes. */
export const maxListBytes = 5_000_000;

/**
 * Sends a list of topics as it is, a file or what was pasted; the generated client only knows bodies that are JSON. With
 * `dryRun` nothing is stored. Throws {@link ApiProblem}.
 */
export async function importTopics(
  list: File | string,
  query: NonNullable<ImportTopicsData['query']>,
  idempotencyKey?: string,
): Promise<TopicImport> {
  const { data } = await client.post<{ 200: TopicImport }, ApiProblem, true>({
    url: '/api/v1/topics/import',
    query,
    body: typeof list === 'string' ? new Blob([list]) : list,
    bodySerializer: null,
    headers: {
      'Content-Type': typeOf(list),
      ...(idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {}),
    },
    throwOnError: true,
  });
  return data;
}

/** What is pasted may be either, and is read as CSV where it has columns. A file that is no list is told so by its bytes. */
function typeOf(list: File | string): string {
  if (typeof list === 'string') return 'text/csv; charset=utf-8';
  if (/\.(txt|md)$/i.test(list.name)) return 'text/plain';
  return /\.(csv|tsv)$/i.test(list.name) ? 'text/csv' : 'application/octet-stream';
}
