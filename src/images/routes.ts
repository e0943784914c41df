import { z } from 'zod';
import { getArticle } from '../articles/queries.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { onceByKey } from '../http/idempotency.ts';
import { listOf, listQuery, page } from '../http/list.ts';
import { problems } from '../http/on-error.ts';
import type { HttpServer, RegisterRoutes } from '../http/server.ts';
import { getSite } from '../sites/queries.ts';
import { settingsOf } from '../sites/settings.ts';
import { oneLine } from '../storable.ts';
import { deleteImage, restoreImage } from './bin.ts';
import { imageSchema, presentImage } from './present.ts';
import { describeImage, listImages, usageOf } from './queries.ts';
import { type Image, imageKinds, imageTypes } from './schema.ts';
import { bytesOf, getImage, imagesQuota, keepImage, readImage } from './store.ts';
import { cardColours, titleCard } from './title-card.ts';

const tags = ['images'];
const byId = z.object({ id: z.uuid() });
/** Of a file as it is sent. */
const maxUploadBytes = 10_000_000;
const colour = z.string().regex(/^#[\da-f]{6}$/i, 'must be a colour such as #1d4ed8');
const words = {
  name: z.string().overwrite(oneLine).min(1).max(200),
  alt: z.string().overwrite(oneLine).max(500),
  caption: z.string().overwrite(oneLine).max(1000),
};

/** Images: upload, draw a card, list, describe, delete, restore, and the file itself. */
export const imageRoutes: RegisterRoutes = (server, ctx) => {
  // In a scope of its own: nowhere else a body that is no JSON is taken, or one over 1 MB.
  server.register(async (scope) => uploadRoute(scope as unknown as HttpServer, ctx));

  server.get(
    '/images',
    {
      schema: {
        tags,
        summary: 'Images, newest first',
        operationId: 'listImages',
        querystring: listQuery.extend({
          query: z
            .string()
            .trim()
            .max(200)
            .optional()
            .meta({ description: 'Looked for in name, alternative text, caption and prompt' }),
          kind: z.enum(imageKinds).optional(),
          deleted: z
            .enum(['true', 'false'])
            .optional()
            .meta({ description: '`true`: those in the bin, where they stay up to 30 days' }),
        }),
        response: { 200: listOf(imageSchema), ...problems(401, 422) },
      },
    },
    async (request) => {
      const { deleted, ...query } = request.query;
      const found = await listImages(ctx.db, request.userId, { ...query, deleted: deleted === 'true' });
      const rows = page(found, query.limit);
      const ids = rows.items.map(({ id }) => id);
      const usage = await usageOf(ctx.db, request.userId, ids);
      return { items: rows.items.map((row) => presentImage(row, usage)), nextCursor: rows.nextCursor };
    },
  );

  server.get(
    '/images/storage',
    {
      schema: {
        tags,
        summary: 'How much room your images take, and how much there is',
        operationId: 'getImageStorage',
        response: {
          200: z
            .object({
              bytes: z.int().meta({ description: 'What they take; those in the bin give way and do not count' }),
              limitBytes: z.int(),
              uploadLimitBytes: z.int().meta({ description: 'Of one file as it is sent' }),
            })
            .meta({ id: 'ImageStorage' }),
          ...problems(401),
        },
      },
    },
    async (request) => ({
      bytes: await bytesOf(ctx.db, request.userId),
      limitBytes: imagesQuota,
      uploadLimitBytes: maxUploadBytes,
    }),
  );

  server.post(
    '/images/card',
    {
      schema: {
        tags,
        summary: 'Draw a title card at no cost; the same words and colours give the same image',
        operationId: 'createTitleCard',
        body: z
          .strictObject({
            articleId: z.uuid().meta({ description: 'Its title and language; or send `title`' }),
            title: z.string().overwrite(oneLine).min(1).max(300),
            siteId: z.uuid().meta({ description: 'Its name and colours' }),
            background: colour,
            text: colour,
          })
          .partial()
          .refine(({ articleId, title }) => articleId ?? title, { path: ['title'], message: 'or articleId is needed' }),
        response: { 201: imageSchema, ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { articleId, siteId, ...given } = request.body;
      const article = articleId ? await getArticle(ctx.db, request.userId, articleId) : null;
      const site = siteId ? await getSite(ctx.db, request.userId, siteId) : null;
      const settings = site && settingsOf(site);
      const image = await titleCard(ctx, {
        userId: request.userId,
        title: given.title ?? article?.title ?? '',
        siteName: site?.name ?? '',
        background: given.background ?? settings?.cardBackground ?? cardColours.background,
        text: given.text ?? settings?.cardText ?? cardColours.text,
        language: article?.language ?? settings?.language ?? null,
      });
      return reply.code(201).send(await present(ctx, image));
    },
  );

  server.get(
    '/images/:id',
    {
      schema: {
        tags,
        summary: 'What is known of an image',
        operationId: 'getImage',
        params: byId,
        response: { 200: imageSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => present(ctx, await getImage(ctx.db, request.userId, request.params.id)),
  );

  server.patch(
    '/images/:id',
    {
      schema: {
        tags,
        summary: 'Change its name, alternative text or caption',
        operationId: 'updateImage',
        params: byId,
        body: z.strictObject(words).partial(),
        response: { 200: imageSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => present(ctx, await describeImage(ctx.db, request.userId, request.params.id, request.body)),
  );

  server.delete(
    '/images/:id',
    {
      schema: {
        tags,
        summary:
          'Put an image into the bin, where it stays up to 30 days; one that articles show only with `force=true`',
        operationId: 'deleteImage',
        params: byId,
        querystring: z.object({ force: z.enum(['true', 'false']).optional() }),
        response: { 204: z.null(), ...problems(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      await deleteImage(ctx.db, request.userId, request.params.id, request.query.force === 'true');
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/images/:id/restore',
    {
      schema: {
        tags,
        summary: 'Take an image out of the bin',
        operationId: 'restoreImage',
        params: byId,
        response: { 200: imageSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => present(ctx, await restoreImage(ctx.db, request.userId, request.params.id)),
  );

  server.get(
    '/images/:id/file',
    {
      schema: {
        tags,
        summary: 'The file of an image, to whom it belongs',
        operationId: 'getImageFile',
        params: byId,
        querystring: z.object({
          width: z.enum(['320', '640']).optional().meta({ description: 'A smaller WebP of at most this width' }),
          deleted: z.enum(['true', 'false']).optional().meta({ description: '`true`: of one in the bin' }),
        }),
        response: {
          200: { content: { 'image/*': { schema: z.string() } }, description: 'The image' },
          304: z.null(),
          ...problems(401, 404, 422),
        },
      },
    },
    async (request, reply) => {
      const { width, deleted } = request.query;
      const image = await getImage(ctx.db, request.userId, request.params.id, { binned: deleted === 'true' });
      const etag = `"${image.digest}${width ? `-${width}` : ''}"`;
      reply.header('etag', etag);
      // Asked each time whether it is still theirs: whoever logs out must not leave it readable to the next.
      reply.header('cache-control', 'private, no-cache');
      reply.header('x-content-type-options', 'nosniff');
      reply.header('content-security-policy', "default-src 'none'; sandbox");
      if (request.headers['if-none-match'] === etag) return reply.code(304).send(null);
      const { data } = await readImage(ctx.db, request.userId, image.id);
      const shown = width ? await ctx.imaging.thumbnail(data, Number(width)) : { data, mime: image.mime };
      reply.header('content-disposition', `inline; filename*=UTF-8''${encodeURIComponent(image.name)}`);
      reply.header('content-type', shown.mime);
      return reply.send(Buffer.from(shown.data) as never);
    },
  );
};

function uploadRoute(server: HttpServer, ctx: AppContext): void {
  const parse = { parseAs: 'buffer', bodyLimit: maxUploadBytes } as const;
  server.addContentTypeParser(
    [...imageTypes, 'application/octet-stream'],
    parse,
    async (_: unknown, body: Buffer) => body,
  );
  server.post(
    '/images',
    {
      bodyLimit: maxUploadBytes,
      schema: {
        tags,
        summary: 'Upload an image: the body is the file (PNG, JPEG, WebP or GIF, up to 10 MB)',
        description:
          'It is encoded anew: what cameras write beside the picture (place, time) is removed, and what is larger than 2560 pixels is made smaller.',
        operationId: 'uploadImage',
        querystring: z.object(words).partial(),
        response: { 201: imageSchema, ...problems(401, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const body: unknown = request.body;
      if (!(body instanceof Uint8Array) || body.length === 0) {
        throw new AppError('image_refused', 'The body is empty, or no image.', {
          hint: 'Send the file itself as the body, with its type as Content-Type, for example image/png.',
        });
      }
      const prepared = await ctx.imaging.prepare(body);
      return onceByKey(ctx, request, reply, 201, async (tx) => {
        const { name = 'image', alt = '', caption = '' } = request.query;
        const fields = { userId: request.userId, kind: 'upload' as const, name, alt, caption };
        const image = await keepImage(tx, fields, prepared);
        return presentImage(image, await usageOf(tx, request.userId, [image.id]));
      });
    },
  );
}

async function present(ctx: Pick<AppContext, 'db'>, image: Image) {
  return presentImage(image, await usageOf(ctx.db, image.userId, [image.id]));
}
