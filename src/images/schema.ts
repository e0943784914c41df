import { customType, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { microUsd, time } from '../db/columns.ts';

/** `upload`: a person's file; `card`: the title, drawn here; `generated`: by a model. */
export const imageKinds = ['upload', 'card', 'generated'] as const;
export type ImageKind = (typeof imageKinds)[number];
export const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'] as const;
export type ImageType = (typeof imageTypes)[number];

const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });

export const images = pgTable('images', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  kind: text('kind').$type<ImageKind>().notNull(),
  mime: text('mime').$type<ImageType>().notNull(),
  width: integer('width').notNull(),
  height: integer('height').notNull(),
  size: integer('size').notNull(),
  digest: text('digest').notNull(),
  name: text('name').notNull(),
  alt: text('alt').notNull().default(''),
  caption: text('caption').notNull().default(''),
  prompt: text('prompt'),
  model: text('model'),
  /** Digest of what it was made from, see {@link titleCard}. */
  madeFrom: text('made_from'),
  /** Of the call that a generated image came from; null where that is not known, and for the other kinds. */
  costMicroUsd: microUsd('cost_micro_usd'),
  createdAt: time('created_at').notNull().defaultNow(),
  /** Since when it is in the bin. */
  deletedAt: time('deleted_at'),
});
export type Image = typeof images.$inferSelect;

export const imageFiles = pgTable('image_files', {
  imageId: uuid('image_id').primaryKey(),
  data: bytes('data').notNull(),
});
