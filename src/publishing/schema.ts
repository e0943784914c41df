import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { time } from '../db/columns.ts';
import type { StoredError } from '../errors.ts';
import type { PostFields, WordPressPost } from '../wordpress/client.ts';
import type { SeoMeta } from '../wordpress/seo-meta.ts';
import type { SeoPlugin } from '../wordpress/seo-plugin.ts';
import type { PostOptions } from './options.ts';
import type { PublicationStatus } from './publication-status.ts';

export { type PublicationStatus, publicationStatuses } from './publication-status.ts';

export const wantedStatuses = ['draft', 'publish', 'future'] as const;
export type WantedStatus = (typeof wantedStatuses)[number];

/**
 * What is to be done: bring the post onto the site, or bring one that is known up to date, back to a draft, or into the
 * trash. Only `place` ever creates a post.
 */
export const publicationTasks = ['place', 'update', 'unpublish', 'trash'] as const;
export type PublicationTask = (typeof publicationTasks)[number];

/** A field of the post on which the article and the site disagree: what it was, is here, and is there; in readable words. */
export interface ConflictField {
  name: string;
  base: string | null;
  ours: string | null;
  theirs: string | null;
  /** What the site calls the numbers of its categories, tags, authors and images; none where it did not tell. */
  names?: Record<'base' | 'ours' | 'theirs', string[] | null>;
}

/** Fields beside the text that are compared one by one. */
export const optionFields = [
  'categories',
  'tags',
  'author',
  'featuredMedia',
  'comments',
  'template',
  'sticky',
] as const;
export type PostOptionsSent = Pick<PostFields, (typeof optionFields)[number]>;

/** The texts for search engines of a post, as its SEO plugin has them. */
export interface PostSeo {
  /** Null: the site had none when we looked. */
  plugin: SeoPlugin | null;
  /** What the plugin does not let us read is left out. */
  texts: Partial<SeoMeta>;
}

/** A post as it stands on its site, with what stands beside it. */
export interface SeenPost extends WordPressPost {
  seo?: PostSeo;
}

/** The base: what we last wrote, or accepted. Null where it is not known of a field. */
export interface SentPost extends Omit<SeenPost, 'categories' | 'tags'> {
  categories: number[] | null;
  tags: number[] | null;
  /** A person has chosen our side: what the site does not let us see, or what our text cannot hold, may be written over. */
  accepted?: boolean;
  /** The text before that: blocks that the article keeps in their place may stand in it alone. */
  earlier?: string;
}

/** Why a task was stopped for a person to decide. */
export interface StoredConflict {
  /** Changed on the site, in its trash, gone from it, or made something else than a post. */
  kind: 'edited' | 'trashed' | 'deleted' | 'converted';
  /** Every field that was changed both here and there; none when the post is in the trash or gone. */
  fields: ConflictField[];
  /** The edit came at the moment of our write: it was put back at once. */
  late: boolean;
  /** What the post was to have beside its text; not known of conflicts of earlier versions. */
  wanted?: PostOptionsSent & { seo?: SeoMeta };
}

export const publications = pgTable('publications', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  articleId: uuid('article_id').notNull(),
  siteId: uuid('site_id').notNull(),
  pipelineId: uuid('pipeline_id'),
  wanted: text('wanted').$type<WantedStatus>().notNull(),
  publishAt: time('publish_at'),
  status: text('status').$type<PublicationStatus>().notNull(),
  lease: bigint('lease', { mode: 'number' }).notNull().default(0),
  leaseExpiresAt: time('lease_expires_at'),
  remoteId: bigint('remote_id', { mode: 'number' }),
  remoteUrl: text('remote_url'),
  remoteStatus: text('remote_status'),
  attempts: integer('attempts').notNull().default(0),
  mayExist: boolean('may_exist').notNull().default(false),
  nextAttemptAt: time('next_attempt_at'),
  warnings: jsonb('warnings').$type<string[]>().notNull().default([]),
  error: jsonb('error').$type<StoredError>(),
  createdAt: time('created_at').notNull().defaultNow(),
  publishedAt: time('published_at'),
  task: text('task').$type<PublicationTask>().notNull().default('place'),
  priority: smallint('priority').notNull().default(0),
  position: doublePrecision('position').notNull().default(sql`extract(epoch from clock_timestamp())`),
  queuedAt: time('queued_at').notNull().defaultNow(),
  options: jsonb('options').$type<PostOptions>().notNull().default({}),
  sent: jsonb('sent').$type<SentPost>(),
  sentRevision: integer('sent_revision'),
  theirs: jsonb('theirs').$type<SeenPost>(),
  conflict: jsonb('conflict').$type<StoredConflict>(),
  evenIfEdited: boolean('even_if_edited').notNull().default(false),
  dropped: jsonb('dropped').$type<string[]>().notNull().default([]),
  remoteChangedAt: time('remote_changed_at'),
  failedAt: time('failed_at'),
  failedCause: text('failed_cause'),
  refusals: smallint('refusals').notNull().default(0),
  dismissedAt: time('dismissed_at'),
});
export type Publication = typeof publications.$inferSelect;

/** An image on a site. */
export const siteMedia = pgTable(
  'site_media',
  {
    siteId: uuid('site_id').notNull(),
    imageId: uuid('image_id').notNull(),
    userId: uuid('user_id').notNull(),
    mayExist: boolean('may_exist').notNull().default(false),
    remoteId: bigint('remote_id', { mode: 'number' }),
    remoteUrl: text('remote_url'),
    heldBy: uuid('held_by'),
    heldUntil: time('held_until'),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.siteId, table.imageId] })],
);
