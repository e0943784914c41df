import { z } from 'zod';
import { usageLimitsSchema } from '../budget/usage-limits.ts';
import { calendarItemSchema, presentItem } from '../calendar/routes.ts';
import { decisionSchema, failureSchema, presentDecision, presentFailure } from '../failures/present.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { pipelineSchema } from '../pipeline/present.ts';
import { wantedStatuses } from '../publishing/schema.ts';
import { mostShown, overviewOf } from './overview.ts';

const time = z.iso.datetime();
const total = z.int().meta({ description: 'How many there are; the items are the first of them' });

export const overviewSchema = z
  .object({
    work: z
      .object({
        items: z.array(
          pipelineSchema
            .pick({
              id: true,
              topic: true,
              currentStep: true,
              progress: true,
              waiting: true,
              createdAt: true,
              startedAt: true,
            })
            .extend({
              status: z.enum(['queued', 'running', 'waiting']),
              site: z.string().nullable().meta({ description: 'The name of the site that it goes to' }),
            }),
        ),
        total,
      })
      .meta({ description: 'Pipelines that are at work, have their turn before them, or go on by themselves' }),
    decisions: z.object({ items: z.array(decisionSchema), total }).meta({ description: 'The oldest first' }),
    failures: z.object({ items: z.array(failureSchema), total }).meta({ description: 'The latest first' }),
    sites: z
      .object({
        items: z.array(
          z.object({
            id: z.uuid(),
            name: z.string(),
            problem: z
              .object({ code: z.string(), message: z.string(), hint: z.string() })
              .nullable()
              .meta({ description: 'What its last check has found; null for one that is paused and well' }),
            since: time,
            paused: z.boolean(),
            waiting: z.int().meta({ description: 'How many publications wait for it' }),
          }),
        ),
        total,
      })
      .meta({ description: 'Sites that nothing can be delivered to, or whose queue stands still' }),
    published: z
      .array(
        z.object({
          id: z.uuid().meta({ description: 'Of the publication' }),
          articleId: z.uuid(),
          title: z.string(),
          wanted: z.enum(wantedStatuses),
          site: z.string(),
          url: z.string().nullable(),
          publishedAt: time,
        }),
      )
      .meta({ description: 'What went to a site, the latest first' }),
    coming: z.array(calendarItemSchema).meta({ description: 'What comes next within a month' }),
    limits: usageLimitsSchema,
    firstSteps: z
      .object({
        site: z.boolean(),
        article: z.boolean(),
        published: z.boolean(),
        sampleArticleId: z.uuid().nullable().meta({ description: 'What this instance wrote at its first start' }),
      })
      .meta({ description: 'What of the first things was done: a site connected, an article written, one published' }),
    canSearch: z.boolean().meta({ description: 'Whether an article can be begun without sources' }),
  })
  .meta({ id: 'Overview' });

/** What a person wants to know at first sight, in one answer. */
export const overviewRoutes: RegisterRoutes = (server, ctx) => {
  server.get(
    '/overview',
    {
      schema: {
        tags: ['overview'],
        summary: `What is at work, what waits for you, what went out, what comes and what it costs; ${mostShown} of each`,
        operationId: 'getOverview',
        response: { 200: overviewSchema, ...problems(401) },
      },
    },
    async (request): Promise<z.infer<typeof overviewSchema>> => {
      const { work, decisions, failures, sites, published, coming, ...rest } = await overviewOf(ctx, request.userId);
      return {
        work: {
          items: work.items.map(({ createdAt, startedAt, currentStep, ...row }) => ({
            ...row,
            currentStep: currentStep as z.infer<typeof pipelineSchema>['currentStep'],
            createdAt: createdAt.toISOString(),
            startedAt: startedAt?.toISOString() ?? null,
          })),
          total: work.total,
        },
        decisions: { items: decisions.items.map(presentDecision), total: decisions.total },
        failures: { items: failures.items.map(presentFailure), total: failures.total },
        sites: {
          items: sites.items.map(({ since, ...row }) => ({ ...row, since: since.toISOString() })),
          total: sites.total,
        },
        published: published.map(({ publishedAt, ...row }) => ({ ...row, publishedAt: publishedAt.toISOString() })),
        coming: coming.map(presentItem),
        ...rest,
      };
    },
  );
};
