import { z } from 'zod';
import type { ImageUse } from './queries.ts';
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
    url: z.string().meta({ description: 'Where the file is; may stand in Markdown as it is' }),
    usedBy: z
      .array(z.object({ id: z.uuid(), title: z.string() }))
      .meta({ description: 'Articles that have it in their text or as featured image' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Image' });

/** An image as it leaves, without its bytes. */
export function presentImage(row: Image, uses: ImageUse[]): z.infer<typeof imageSchema> {
  const { id, kind, mime: type, width, height, size: bytes, name, alt, caption, prompt, model } = row;
  const usedBy = uses.filter((use) => use.imageId === id).map(({ articleId, title }) => ({ id: articleId, title }));
  const url = `/api/v1/images/${id}/file`;
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
    url,
    usedBy,
    createdAt: row.createdAt.toISOString(),
  };
}
