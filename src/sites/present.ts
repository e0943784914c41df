import { z } from 'zod';
import type { Site } from './schema.ts';

const time = z.iso.datetime();

/** What the connection check found. */
export const siteCheckSchema = z
  .object({
    ok: z.boolean().meta({ description: 'False when nothing can be delivered to the site' }),
    findings: z.array(
      z.object({
        code: z.string().meta({ description: 'Stable' }),
        severity: z.enum(['info', 'warning', 'error']),
        message: z.string(),
        hint: z.string().meta({ description: 'What to do next' }),
      }),
    ),
  })
  .meta({ id: 'SiteCheck' });

/** A site as it leaves: everything but the password. */
export const siteSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    url: z.string(),
    username: z.string(),
    lastCheck: siteCheckSchema.nullable(),
    lastCheckedAt: time.nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Site' });

/** Puts a site into words for the outside. */
export function presentSite(row: Site): z.infer<typeof siteSchema> {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    username: row.username,
    lastCheck: row.lastCheck,
    lastCheckedAt: row.lastCheckedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
