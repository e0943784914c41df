import { z } from 'zod';
import { termName } from '../sites/settings.ts';

/**
 * What a post has beside the article's text. What is left out follows the settings of the site, and is settled when the
 * post is sent.
 */
export const postOptionsSchema = z
  .strictObject({
    categories: z.array(termName).max(20).optional(),
    tags: z.array(termName).max(50).optional(),
    authorId: z.int().positive().nullable().optional(),
    comments: z.enum(['site', 'open', 'closed']).optional(),
    template: z.string().trim().max(200).nullable().optional(),
    sticky: z.boolean().optional(),
    featuredImage: z
      .enum(['article', 'card', 'none'])
      .optional()
      .meta({ description: '`article`: its own, else a card' }),
    jsonLd: z.enum(['auto', 'never']).optional(),
  })
  .meta({ id: 'PostOptions' });
export type PostOptions = z.output<typeof postOptionsSchema>;
