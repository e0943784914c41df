import { z } from 'zod';
import { isTimeZone } from '../accounts/calendar.ts';
import { localeSchema } from '../accounts/present.ts';
import { optionalEmailKinds } from '../notify/schema.ts';

const sha256 = z.string().regex(/^[\da-f]{64}$/);

/** `archive.json`: what an archive is, and what it must hold to be whole. */
export const manifestSchema = z.strictObject({
  format: z.literal('blog-poster account'),
  /** Another one only when rows of old archives mean something else: columns that were added since are left at their defaults. */
  version: z.literal(1),
  release: z.string().max(40),
  /** The last migration of the database it was made from. */
  migration: z.string().max(200),
  exportedAt: z.iso.datetime(),
  settings: z.looseObject({}),
  files: z.record(z.string().regex(/^data\/[a-z-]+-\d{5,9}\.jsonl$/), z.strictObject({ rows: z.int().min(0), sha256 })),
});
export type ArchiveManifest = z.infer<typeof manifestSchema>;

/** What of the settings is taken over, where it has a form that this release knows. */
export const settingsSchema = z.object({
  voice: z.string().max(1_000).nullable().catch(null),
  time_zone: z.string().max(64).refine(isTimeZone).nullable().catch(null),
  locale: localeSchema.nullable().catch(null),
  model: z.string().max(200).nullable().catch(null),
  muted_mails: z.array(z.enum(optionalEmailKinds)).max(optionalEmailKinds.length).catch([]),
});
