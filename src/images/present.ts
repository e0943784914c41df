import { z } from 'zod';
import type { ImageUsage } from './queries.ts';
import { type Image, imageKinds, imageTypes } from './schema.ts';

export const imageSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(imageKinds),
    type: z.enum(imageTypes),
    width: z.int(),
    height: z.int(),
    bytes: z.int(),
    name: z.string(),
    alt: z.string().meta({ description: 'What stands in its place for whoever cannot see it' }),
    caption: z.string(),
    prompt: z.string().nullable(),
    model: z.string().nullable(),
    costMicroUsd: z
      .int()
      .nullable()
      .meta({ description: 'What making it cost, in micro-dollars; 0 for uploads and title cards, null: not known' }),
    url: z.string().meta({ description: 'Where the file is; may stand in Markdown as it is' }),
    usedBy: z
      .array(
        z.object({
          id: z.uuid(),
          title: z.string(),
          featured: z.boolean().meta({ description: 'It is the featured image' }),
          inText: z.boolean(),
          binned: z.boolean().meta({ description: 'The article is in the bin, and may come back' }),
        }),
      )
      .meta({ description: 'Articles that have it in their text or as featured image' }),
    sites: z
      .array(z.object({ id: z.uuid(), name: z.string(), url: z.string() }))
      .meta({ description: 'Sites that it was uploaded to, with its address there' }),
    createdAt: z.iso.datetime(),
    deletedAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'In the bin since; it is deleted for good after 30 days, or when its room is needed' }),
  })
  .meta({ id: 'Image' });

/** An image as it leaves, without its bytes. */
export function presentImage(row: Image, usage: ImageUsage): z.infer<typeof imageSchema> {
  const { id, kind, mime: type, width, height, size: bytes, name, alt, caption, prompt, model } = row;
  return {
    id,
    kind,
    type,
    width,
    height,
    bytes,
    name,
    alt,
    caption,
    prompt,
    model,
    costMicroUsd: kind === 'generated' ? row.costMicroUsd : 0,
    url: `/api/v1/images/${id}/file`,
    usedBy: usage.articles
      .filter((use) => use.imageId === id)
      .map(({ articleId, title, featured, inText, binned }) => ({ id: articleId, title, featured, inText, binned })),
    sites: usage.sites
      .filter((site) => site.imageId === id)
      .map(({ siteId, name: site, url }) => ({ id: siteId, name: site, url })),
    createdAt: row.createdAt.toISOString(),
    deletedAt: row.deletedAt?.toISOString() ?? null,
  };
}
