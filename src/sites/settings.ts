import { z } from 'zod';
import { oneLine } from '../storable.ts';

/** Name of a category or tag, as it is shown on the site. */
export const termName = z.string().overwrite(oneLine).min(1).max(200);
const color = z.string().regex(/^#[\da-f]{6}$/i, 'must be a colour such as #1d4ed8');

const fields = {
  status: z.enum(['draft', 'publish']).meta({ description: 'What is preselected when publishing' }),
  categories: z.array(termName).max(20).meta({ description: 'Names; made on the site if need be' }),
  tags: z.array(termName).max(50),
  authorId: z.int().positive().nullable().meta({ description: 'Of the site; null for the connected user' }),
  comments: z.enum(['site', 'open', 'closed']).meta({ description: '`site`: as the site does it' }),
  template: z.string().trim().max(200).nullable().meta({ description: 'Of the theme; null for its own' }),
  featuredImage: z.enum(['card', 'none']).meta({ description: 'For articles that have none of their own' }),
  cardBackground: color.nullable(),
  cardText: color.nullable(),
  jsonLd: z.enum(['auto', 'never']).meta({ description: '`auto`: unless an SEO plugin writes its own' }),
  voice: z.string().trim().min(1).max(1000).nullable(),
  language: z
    .string()
    .regex(/^[a-z]{2}$/, 'must be an ISO 639-1 code such as en or de')
    .nullable(),
};

/** How posts are made on a site unless an article asks for something else. */
export const siteSettingsSchema = z
  .strictObject({
    status: fields.status.default('draft'),
    categories: fields.categories.default([]),
    tags: fields.tags.default([]),
    authorId: fields.authorId.default(null),
    comments: fields.comments.default('site'),
    template: fields.template.default(null),
    featuredImage: fields.featuredImage.default('card'),
    cardBackground: fields.cardBackground.default(null),
    cardText: fields.cardText.default(null),
    jsonLd: fields.jsonLd.default('auto'),
    voice: fields.voice.default(null),
    language: fields.language.default(null),
  })
  .meta({ id: 'SiteSettings' });
export type SiteSettings = z.output<typeof siteSettingsSchema>;

/** A change of them: what is left out stays as it is. */
export const siteSettingsChange = z.strictObject(fields).partial().meta({ id: 'SiteSettingsChange' });

/** The settings of a site with what was never set filled in. */
export function settingsOf(site: { settings: Partial<SiteSettings> }): SiteSettings {
  return siteSettingsSchema.parse(site.settings);
}
