import { boolean, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { microUsd, time } from '../db/columns.ts';
import { roles, scopes, vias } from '../http/access.ts';
import type { OptionalEmailKind } from '../notify/schema.ts';

/** The languages in which the web app speaks. */
export const locales = ['en', 'de'] as const;
export type Locale = (typeof locales)[number];

export const users = pgTable('users', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  /** In lower case; null only for the local owner of an embedded instance. */
  email: text('email'),
  emailVerified: boolean('email_verified').notNull().default(false),
  role: text('role', { enum: roles }).notNull().default('user'),
  disabled: boolean('disabled').notNull().default(false),
  disabledAt: time('disabled_at'),
  twoFactorEnabled: boolean('two_factor_enabled').notNull().default(false),
  timeZone: text('time_zone').notNull().default('UTC'),
  /** The language in which the web app speaks to them; null for that of their browser. */
  locale: text('locale', { enum: locales }),
  requestsPerMinute: integer('requests_per_minute'),
  concurrentPipelines: integer('concurrent_pipelines'),
  /** How many of their pipelines may wait for a place. */
  queuedPipelines: integer('queued_pipelines'),
  articlesPerMonth: integer('articles_per_month'),
  monthlyLimitMicroUsd: microUsd('monthly_limit_micro_usd'),
  /** What the instance pays for one of their articles at most, whatever its budget; null for no limit. */
  pipelineLimitMicroUsd: microUsd('pipeline_limit_micro_usd'),
  /** What they may spend a month with keys of their own; null for no limit. */
  ownMonthlyLimitMicroUsd: microUsd('own_monthly_limit_micro_usd'),
  /** The model of articles whose brief names none; null for the instance's. */
  model: text('model'),
  /** How articles sound whose brief and site say nothing about it. */
  voice: text('voice'),
  /** Mails that they do not want. */
  mutedMails: jsonb('muted_mails').$type<OptionalEmailKind[]>().notNull().default([]),
  /** When a worker last took a pipeline of theirs. */
  lastTurnAt: time('last_turn_at'),
  lastSeenAt: time('last_seen_at'),
  image: text('image'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});
export type User = typeof users.$inferSelect;

export const sessions = pgTable('sessions', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  token: text('token').notNull(),
  expiresAt: time('expires_at').notNull(),
  ipAddress: text('ip_address'),
  userAgent: text('user_agent'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});

export const credentials = pgTable('credentials', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  accountId: text('account_id').notNull(),
  providerId: text('provider_id').notNull(),
  password: text('password'),
  accessToken: text('access_token'),
  refreshToken: text('refresh_token'),
  idToken: text('id_token'),
  accessTokenExpiresAt: time('access_token_expires_at'),
  refreshTokenExpiresAt: time('refresh_token_expires_at'),
  scope: text('scope'),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});

export const verifications = pgTable('verifications', {
  id: uuid('id').primaryKey(),
  identifier: text('identifier').notNull(),
  value: text('value').notNull(),
  expiresAt: time('expires_at').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
  updatedAt: time('updated_at').notNull().defaultNow(),
});

export const twoFactors = pgTable('two_factors', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  secret: text('secret').notNull(),
  backupCodes: text('backup_codes').notNull(),
  verified: boolean('verified').notNull().default(false),
  failedVerificationCount: integer('failed_verification_count').notNull().default(0),
  lockedUntil: time('locked_until'),
});

export const usedCodes = pgTable('used_codes', {
  userId: uuid('user_id').notNull(),
  code: text('code').notNull(),
  usedAt: time('used_at').notNull().defaultNow(),
});

export const signingKeys = pgTable('signing_keys', {
  id: uuid('id').primaryKey(),
  publicKey: text('public_key').notNull(),
  privateKey: text('private_key').notNull(),
  alg: text('alg'),
  crv: text('crv'),
  createdAt: time('created_at').notNull(),
  expiresAt: time('expires_at'),
});

export const tokenPurposes = ['verify-email', 'reset-password', 'change-email'] as const;
export type TokenPurpose = (typeof tokenPurposes)[number];

export const mailedTokens = pgTable('mailed_tokens', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  purpose: text('purpose', { enum: tokenPurposes }).notNull(),
  tokenDigest: text('token_digest').notNull(),
  email: text('email').notNull(),
  passwordHash: text('password_hash'),
  passwordChosenFrom: text('password_chosen_from'),
  expiresAt: time('expires_at').notNull(),
  usedAt: time('used_at'),
  createdAt: time('created_at').notNull().defaultNow(),
});

export const invitations = pgTable('invitations', {
  id: uuid('id').primaryKey(),
  email: text('email').notNull(),
  invitedBy: uuid('invited_by'),
  tokenDigest: text('token_digest').notNull(),
  expiresAt: time('expires_at').notNull(),
  acceptedAt: time('accepted_at'),
  revokedAt: time('revoked_at'),
  createdAt: time('created_at').notNull().defaultNow(),
});
export type Invitation = typeof invitations.$inferSelect;

export const refreshTokens = pgTable('refresh_tokens', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  sessionId: uuid('session_id').notNull(),
  tokenDigest: text('token_digest').notNull(),
  expiresAt: time('expires_at').notNull(),
  usedAt: time('used_at'),
  createdAt: time('created_at').notNull().defaultNow(),
});

export const apiKeys = pgTable('api_keys', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id').notNull(),
  name: text('name').notNull(),
  prefix: text('prefix').notNull(),
  keyDigest: text('key_digest').notNull(),
  scopes: text('scopes', { enum: scopes }).array().notNull(),
  expiresAt: time('expires_at'),
  lastUsedAt: time('last_used_at'),
  lastUsedAddress: text('last_used_address'),
  revokedAt: time('revoked_at'),
  createdAt: time('created_at').notNull().defaultNow(),
});
export type ApiKey = typeof apiKeys.$inferSelect;

export const auditEvents = pgTable('audit_events', {
  id: uuid('id').primaryKey(),
  userId: uuid('user_id'),
  actorId: uuid('actor_id'),
  via: text('via', { enum: vias }).notNull(),
  action: text('action').notNull(),
  address: text('address'),
  userAgent: text('user_agent'),
  details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
  createdAt: time('created_at').notNull().defaultNow(),
});
