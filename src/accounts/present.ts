import { z } from 'zod';
import { roles } from '../http/access.ts';
import { optionalEmailKinds } from '../notify/schema.ts';
import { isTimeZone } from './calendar.ts';
import { locales, type User } from './schema.ts';

/** A language in which the web app speaks. */
export const localeSchema = z.enum(locales);

export const userSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: z.enum(roles),
    emailVerified: z.boolean(),
    twoFactorEnabled: z.boolean(),
    timeZone: z.string(),
    locale: localeSchema.nullable().meta({ description: 'The language of the web app; null for that of the browser' }),
    model: z.string().nullable().meta({ description: "Of articles whose brief names none; null for the instance's" }),
    voice: z
      .string()
      .nullable()
      .meta({ description: 'How articles sound whose brief and site say nothing about it; null for no wish' }),
    mutedMails: z.array(z.enum(optionalEmailKinds)).meta({ description: 'Mails that are not wanted' }),
    ownMonthlyLimitMicroUsd: z
      .int()
      .nullable()
      .meta({ description: 'What calls with own keys may cost a month; null for no limit' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });

export type UserAnswer = z.infer<typeof userSchema>;

/** A user as they see themselves. */
export function presentUser(user: User): UserAnswer {
  return {
    id: user.id,
    email: user.email ?? '',
    name: user.name,
    role: user.role,
    emailVerified: user.emailVerified,
    twoFactorEnabled: user.twoFactorEnabled,
    timeZone: user.timeZone,
    locale: user.locale,
    model: user.model,
    voice: user.voice,
    mutedMails: user.mutedMails,
    ownMonthlyLimitMicroUsd: user.ownMonthlyLimitMicroUsd,
    createdAt: user.createdAt.toISOString(),
  };
}

/** IANA names that this Node knows; what it cannot compute with is refused. */
export const timeZoneSchema = z.string().max(64).refine(isTimeZone, 'must be a time zone, for example Europe/Berlin');
