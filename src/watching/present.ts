import { z } from 'zod';
import { oneLine } from '../storable.ts';
import { type SourceKind, sourceKinds, type WatchedSource } from './schema.ts';

export const watchedSourceSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    url: z.string(),
    kind: z.enum(sourceKinds).meta({ description: 'feed, or a site whose feed or sitemap is read' }),
    siteId: z.uuid().nullable().meta({ description: 'Whose topics its proposals are; null for any site' }),
    state: z.enum(['active', 'paused', 'failing']),
    problem: z
      .object({ code: z.string(), message: z.string(), hint: z.string() })
      .nullable()
      .meta({ description: 'Why the last reading failed; it is tried again at nextReadAt' }),
    lastReadAt: z.string().nullable(),
    nextReadAt: z.string().nullable().meta({ description: 'Null while it is paused' }),
    entries: z.int().meta({ description: 'Posts of it that have been seen' }),
    proposed: z.int().meta({ description: 'Those of them that became proposals, or evidence of one' }),
    createdAt: z.string(),
  })
  .meta({ id: 'WatchedSource' });

const name = z.string().overwrite(oneLine).min(1).max(200);
const siteId = z.uuid().nullish();

export const sourceRequest = z
  .strictObject({
    url: z.string().trim().min(1).max(2000).meta({ description: 'A feed, or a site; https:// may be left out' }),
    name: name.optional().meta({ description: 'What to call it; its own title otherwise' }),
    siteId,
  })
  .meta({ id: 'WatchedSourceRequest' });

export const sourceChange = z
  .strictObject({ name: name.optional(), siteId, paused: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'WatchedSourceChange' });

/** A source with how much has been seen in it. */
export type CountedSource = WatchedSource & { entries: number; proposed: number };

/** A watched source as the API shows it. */
export function presentSource(row: CountedSource): z.infer<typeof watchedSourceSchema> {
  const { id, url, kind, problem, entries, proposed } = row;
  return {
    id,
    name: row.name,
    url,
    kind: kind satisfies SourceKind,
    siteId: row.siteId,
    state: row.pausedAt ? 'paused' : problem ? 'failing' : 'active',
    problem,
    lastReadAt: row.lastReadAt?.toISOString() ?? null,
    nextReadAt: row.pausedAt ? null : row.nextReadAt.toISOString(),
    entries,
    proposed,
    createdAt: row.createdAt.toISOString(),
  };
}
