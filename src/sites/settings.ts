import { z } from 'zod';
import { oneLine } from '../storable.ts';

/** Name of a category or tag, as it is shown on the site. */
export const termName = z.string().overwrite(oneLine).min(1).max(200);
const color = z.string().regex(/^#[\da-f]{6}$/i, 'must be a colour such as #1d4ed8');

/** How posts are made on a site unless an article asks for something else. */
export const siteSettingsSchema = z
  .strictObject({
    status: z.enum(['draft', 'publish']).default('draft').meta({ description: 'What is preselected when publishing' }),
    categories: z.array(termName).max(20).default([]).meta({ description: 'Names; made on the site if need be' }),
    tags: z.array(termName).max(50).default([]),
    authorId: z
      .int()
      .positive()
      .nullable()
      .default(null)
      .meta({ description: 'Of the site; null for the connected user' }),
    comments: z.enum(['site', 'open', 'closed']).default('site').meta({ description: '`site`: as the site does it' }),
    template: z
      .string()
      .trim()
      .max(200)
      .nullable()
      .default(null)
      .meta({ description: 'Of the theme; null for its own' }),
    featuredImage: z
      .enum(['card', 'none'])
      .default('card')
      .meta({ description: 'For articles that have none of their own' }),
    cardBackground: color.nullable().default(null),
    cardText: color.nullable().default(null),
    jsonLd: z
      .enum(['auto', 'never'])
      .default('auto')
      .meta({ description: '`auto`: unless an SEO plugin writes its own' }),
    voice: z.string().trim().min(1).max(1000).nullable().default(null),
    language: z
      .string()
      .regex(/^[a-z]{2}$/, 'must be an ISO 639-1 code such as en or de')
      .nullable()
      .default(null),
  })
  .meta({ id: 'SiteSettings' });
export type SiteSettings = z.output<typeof siteSettingsSchema>;

/** The settings of a site with what was never set filled in. */
export function settingsOf(site: { settings: Partial<SiteSettings> }): SiteSettings {
  return siteSettingsSchema.parse(site.settings);
}
