import { z } from 'zod';
import { editableFields } from '../articles/routes.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { conflictChoices, conflictSchema, readConflict } from './conflict.ts';
import { publicationSchema } from './present.ts';
import { getPublication } from './queries.ts';
import { resolveConflict } from './resolve.ts';
import { showPublication } from './surroundings.ts';
import { requestTrash, requestUnpublish, requestUpdate } from './withdraw.ts';

const byId = z.object({ id: z.uuid() });
const tags = ['publications'];
const { title, markdown, excerpt, slug } = editableFields;

const resolution = z
  .strictObject({
    choice: z.enum(conflictChoices).meta({
      description:
        'theirs: the article takes over the post; ours: the post takes over the article; merge: both take the given text; leave: the post stays as and where it is; again: out of the trash, or made anew',
    }),
    articleRevision: z.int().min(1).meta({ description: 'As the conflict showed it' }),
    theirsModified: z.string().max(40).nullable().meta({ description: 'As the conflict showed it' }),
    title: title.optional(),
    markdown: markdown.optional(),
    excerpt: excerpt.optional(),
    slug: slug.optional(),
  })
  .refine(({ choice, markdown: text }) => (choice === 'merge') === (text !== undefined), {
    path: ['markdown'],
    message: 'is needed with "merge", and only there',
  })
  .meta({ id: 'ConflictResolution' });

/** What becomes of a post that is on its site: bring it up to date, take it down, decide a conflict. */
export const decisionRoutes: RegisterRoutes = (server, ctx) => {
  const asked = { params: byId, response: { 202: publicationSchema, ...problems(401, 404, 409, 422) } };

  server.post(
    '/publications/:id/update',
    {
      config: { scope: 'publish' },
      schema: {
        tags,
        summary: 'Bring the post up to date with the article; whether it is public stays as it is',
        operationId: 'updatePublishedPost',
        ...asked,
      },
    },
    async (request, reply) => {
      const row = await requestUpdate(ctx, request.userId, request.params.id);
      return reply.code(202).send(await showPublication(ctx, ctx.db, row));
    },
  );

  server.post(
    '/publications/:id/unpublish',
    {
      config: { scope: 'publish' },
      schema: { tags, summary: 'Take the post back to a draft', operationId: 'unpublishPublication', ...asked },
    },
    async (request, reply) => {
      const row = await requestUnpublish(ctx, request.userId, request.params.id);
      return reply.code(202).send(await showPublication(ctx, ctx.db, row));
    },
  );

  server.post(
    '/publications/:id/trash',
    {
      config: { scope: 'publish' },
      schema: {
        tags,
        summary: "Put the post into the site's trash; never deletes for good",
        operationId: 'trashPublication',
        ...asked,
        body: z
          .strictObject({
            evenIfEdited: z.boolean().meta({ description: 'Also when a person has edited it on the site since' }),
          })
          .partial()
          .nullish(),
      },
    },
    async (request, reply) => {
      const evenIfEdited = request.body?.evenIfEdited ?? false;
      const row = await requestTrash(ctx, request.userId, request.params.id, { evenIfEdited });
      return reply.code(202).send(await showPublication(ctx, ctx.db, row));
    },
  );

  server.get(
    '/publications/:id/conflict',
    {
      schema: {
        tags,
        summary: 'What the article and the post disagree about: base, ours, theirs, and both merged',
        operationId: 'getPublicationConflict',
        params: byId,
        response: { 200: conflictSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request) => readConflict(ctx.db, await getPublication(ctx.db, request.userId, request.params.id)),
  );

  server.post(
    '/publications/:id/resolve',
    {
      config: { scope: 'publish' },
      schema: {
        tags,
        summary: 'Decide a conflict; refused when the article or the post has changed since it was shown',
        operationId: 'resolvePublication',
        params: byId,
        body: resolution,
        response: { 202: publicationSchema, ...problems(401, 404, 409, 413, 422, 502, 503) },
      },
    },
    async (request, reply) => {
      const { choice, articleRevision, theirsModified, ...merged } = request.body;
      const row = await resolveConflict(ctx, request.userId, request.params.id, {
        choice,
        articleRevision,
        theirsModified,
        merged: Object.fromEntries(Object.entries(merged).filter(([, text]) => text !== undefined)),
      });
      return reply.code(202).send(await showPublication(ctx, ctx.db, row));
    },
  );
};
