import { z } from 'zod';
import { noTimeWords } from '../publishing/publish-time.ts';
import { oneLine } from '../storable.ts';
import { parseDomain } from '../web-search/domains.ts';

/** The largest text of one pasted or uploaded source, in characters. */
export const maxSourceCharacters = 500_000;

const sourceUrl = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).max(2000),
});
const sourceSite = z.strictObject({
  site: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).max(2000),
});
const sourceText = z.strictObject({
  title: z.string().overwrite(oneLine).min(1).max(300),
  text: z.string().min(1).max(maxSourceCharacters),
  format: z.enum(['markdown', 'html', 'text']).default('text'),
});

const domains = z
  .array(
    z
      .string()
      .trim()
      .max(253)
      .refine((text) => parseDomain(text) !== null, 'must be a domain such as example.com, without https:// and path'),
  )
  .max(50);
/** How sources are looked for. Without sources of its own a brief is always searched for. */
const search = z.strictObject({
  also: z.boolean().default(false).meta({ description: 'Look for more besides the given sources' }),
  allow: domains.default([]).meta({ description: 'Only these domains and what is below them' }),
  deny: domains.default([]).meta({ description: 'None of these domains' }),
});

/** Signs that carry a word each, or nearly: one of them is a topic ("茶"), as is one pictogram. */
const dense =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{Extended_Pictographic}]/gu;

/** Whether a topic says what the article is about: something to read, of at least three letters or one dense sign. */
function saysSomething(topic: string): boolean {
  const visible = topic.match(/[\p{L}\p{N}\p{P}\p{S}]/gu)?.length ?? 0;
  return /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(topic) && visible + 2 * (topic.match(dense)?.length ?? 0) >= 3;
}

/** What a pipeline is asked for. Money in micro-dollars, times ISO 8601 in UTC. */
export const briefSchema = z.strictObject({
  topic: z
    .string()
    .overwrite(oneLine)
    .min(1, 'must say what the article is about, in at least 3 characters')
    .max(500, 'must be at most 500 characters: put longer material into a source')
    .refine(saysSomething, 'must say what the article is about, in at least 3 characters'),
  keyword: z.string().overwrite(oneLine).min(1).max(100).optional(),
  sources: z
    .array(z.union([sourceUrl, sourceSite, sourceText]))
    .max(50)
    .default([]),
  search: search.optional(),
  audience: z.string().trim().min(1).max(300).optional(),
  voice: z.string().trim().min(1).max(1000).optional(),
  language: z
    .string()
    .regex(/^[a-z]{2}$/, 'must be an ISO 639-1 code such as en or de')
    .optional(),
  words: z
    .strictObject({ min: z.int().min(100).max(5000), max: z.int().min(100).max(5000) })
    .refine((range) => range.min <= range.max, 'min must not be above max')
    .default({ min: 600, max: 1200 }),
  siteId: z.uuid().optional(),
  publish: z.enum(['none', 'draft', 'publish']).default('none'),
  publishAt: z.iso
    .datetime({ offset: true, local: true, error: noTimeWords })
    .optional()
    .meta({ description: 'Without a zone it is meant on the clocks of the site' }),
  approval: z.enum(['manual', 'auto']).default('manual'),
  holdHours: z.number().min(0).max(720).default(24),
  // Optional, without a default: the briefs that are stored keep their digests.
  minSeoScore: z.number().min(0).max(100).optional().meta({
    description: 'The SEO score below which an article does not go public by itself; 60 where it is left out',
  }),
  duplicates: z.enum(['stop', 'allow']).default('stop'),
  model: z
    .string()
    .regex(/^(offline|[a-z-]+:\S+)$/, 'must be provider:model or offline')
    .max(200)
    .optional(),
  budgetMicroUsd: z.int().min(0).max(1_000_000_000).default(500_000),
});
export type BriefRequest = z.input<typeof briefSchema>;
export type Brief = z.output<typeof briefSchema>;

/** The rules between the fields of a brief, which may stand beside others. */
export const withBriefRules = <Schema extends z.ZodType<Brief>>(schema: Schema) =>
  schema
    .refine((brief) => brief.publish === 'none' || brief.siteId !== undefined, {
      path: ['siteId'],
      message: 'is needed to publish: choose a site, or publish "none"',
    })
    .refine((brief) => brief.publishAt === undefined || brief.publish === 'publish', {
      path: ['publishAt'],
      message: 'goes with publish "publish"',
    });

/** {@link briefSchema} with the rules between fields. */
export const checkedBriefSchema = withBriefRules(briefSchema);
