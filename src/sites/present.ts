import { z } from 'zod';
import { seoPlugins } from '../wordpress/seo-plugin.ts';
import type { Site } from './schema.ts';
import { settingsOf, siteSettingsSchema } from './settings.ts';

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
        lines: z
          .array(z.string())
          .optional()
          .meta({ description: 'For the configuration of the web server, to be copied' }),
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
    connectedBy: z
      .enum(['typed', 'authorized'])
      .meta({ description: '`authorized`: the site itself has handed the password over' }),
    timezone: z.string().meta({ description: 'IANA name or an offset such as +05:30, as the site says' }),
    seoPlugin: z.enum(seoPlugins).nullable(),
    settings: siteSettingsSchema,
    failingSince: time.nullable().meta({ description: 'The first check that failed after the last good one' }),
    pausedAt: time.nullable().meta({ description: 'Nothing is sent to the site from then on' }),
    pausedBy: z
      .enum(['user', 'site'])
      .nullable()
      .meta({ description: '`site`: by blog-poster, until a check finds that the site answers again' }),
    lastCheck: siteCheckSchema.nullable(),
    lastCheckedAt: time.nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Site' });

const term = z.object({ id: z.int(), name: z.string(), parent: z.int(), count: z.int() });

/** What a post can be given on a site. */
export const siteChoicesSchema = z
  .object({
    categories: z.array(term).meta({ description: 'At most 100, the most used ones; `search` finds others' }),
    tags: z.array(term).meta({ description: 'At most 100, the most used ones; `search` finds others' }),
    authors: z.array(z.object({ id: z.int(), name: z.string() })).meta({ description: 'At most 100' }),
    templates: z
      .array(z.object({ file: z.string(), name: z.string() }))
      .meta({ description: 'Of block themes; other themes do not tell theirs' }),
    timezone: z.string(),
  })
  .meta({ id: 'SiteChoices' });

/** Puts a site into words for the outside. */
export function presentSite(row: Site): z.infer<typeof siteSchema> {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    username: row.username,
    connectedBy: row.connectedBy,
    timezone: row.timezone,
    seoPlugin: row.seoPlugin,
    settings: settingsOf(row),
    failingSince: row.failingSince?.toISOString() ?? null,
    pausedAt: row.pausedAt?.toISOString() ?? null,
    pausedBy: row.pausedBy,
    lastCheck: row.lastCheck,
    lastCheckedAt: row.lastCheckedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
