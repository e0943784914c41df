import { z } from 'zod';
import type { publicationSchema as shownPublication } from '../publishing/present.ts';
import type { Api } from './api.ts';
import type { Progress } from './progress.ts';

/** A publication as the API presents it. */
export type Publication = z.infer<typeof shownPublication>;

/** What it waits for, in words; empty when it does not wait. Times are ISO 8601, or on the clocks of the site with its zone. */
export function waitWords({ waiting, publishAtLocal }: Publication): string {
  if (!waiting) return '';
  if (waiting.reason === 'time' && publishAtLocal) {
    return `${publishAtLocal.time.replace('T', ' ')} ${publishAtLocal.timeZone}`;
  }
  return waiting.until ? `${waiting.message} (${waiting.until})` : waiting.message;
}

/** How a publication stands, in a sentence. */
export function standing(row: Publication): string {
  const waits = waitWords(row);
  return `“${row.title ?? row.id}” is ${describePublication(row)}${waits ? `: ${waits}` : '.'}`;
}

/** As much of a publication as `write` needs. */
const publicationSchema = z.object({
  id: z.string(),
  articleId: z.string(),
  siteId: z.string(),
  status: z.string(),
  remoteId: z.number().nullable(),
  remoteUrl: z.string().nullable(),
  remoteStatus: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
});
export type PublicationAnswer = z.infer<typeof publicationSchema>;

const list = z.object({ items: z.array(publicationSchema) });

const pollMs = 300;
/** A site that does not answer is tried for hours by the server; a terminal waits this long, in milliseconds. */
const patienceMs = 120_000;

/** Where a publication stands, in a word: what was sent as a draft is on the site, but not published. */
export function describePublication(
  publication: Pick<PublicationAnswer, 'status' | 'remoteStatus' | 'remoteId'>,
): string {
  const { status, remoteStatus, remoteId } = publication;
  const word = status === 'published' && remoteStatus === 'draft' ? 'saved as a draft' : status;
  return remoteId === null ? word : `${word} (post ${remoteId})`;
}

/**
 * Waits until an article has been delivered to a site or given up, and returns its publication as it then is; after
 * two minutes as it is. Null when there is none.
 */
export async function awaitPublication(
  api: Api,
  articleId: string,
  siteId: string,
  progress: Progress,
): Promise<PublicationAnswer | null> {
  progress.step('delivering to the site');
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { items } = await api.request('GET', '/publications?limit=100', list);
    const mine = items.find((item) => item.articleId === articleId && item.siteId === siteId) ?? null;
    const underWay = mine !== null && ['queued', 'publishing'].includes(mine.status);
    if (!underWay || performance.now() > deadline) return mine;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
