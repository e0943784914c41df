import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { publications } from './schema.ts';

/**
 * Notes in which state the posts of publications were seen on their site: `publish`, `trash`, and so on, `gone` when they
 * were deleted. What is to become of the publication is not decided here: its own status stays.
 */
export async function noteRemoteStatus(tx: Db, siteId: string, remoteIds: number[], status: string): Promise<void> {
  if (remoteIds.length === 0) return;
  await tx
    .update(publications)
    .set({ remoteStatus: status })
    .where(
      and(
        eq(publications.siteId, siteId),
        inArray(publications.remoteId, remoteIds),
        // While it is being sent, whoever sends it knows better.
        ne(publications.status, 'publishing'),
        sql`${publications.remoteStatus} is distinct from ${status}`,
      ),
    );
}
