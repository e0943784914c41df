import { z } from 'zod';
import { AppError } from '../errors.ts';
import { onceByKey } from '../http/idempotency.ts';
import { problems } from '../http/on-error.ts';
import type { HttpServer, RegisterRoutes } from '../http/server.ts';
import { getSite } from '../sites/queries.ts';
import { type ImportedTopics, type PreparedImport, prepareImport, storeImport, tryImport } from './import.ts';
import { presentRefusal, presentTopic, refusedTopicSchema, topicSchema } from './present.ts';

const maxBytes = 5_000_000;

/** What browsers call lists, and what people send by mistake: the bytes say what it is, and the answer what to do. */
const listTypes = [
  'text/csv',
  'text/plain',
  'text/tab-separated-values',
  'application/csv',
  'application/octet-stream',
  'application/vnd.ms-excel',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.oasis.opendocument.spreadsheet',
];

const importSchema = z
  .object({
    encoding: z.string().meta({ description: 'The list was read in this encoding' }),
    columns: z
      .array(
        z.object({
          name: z.string(),
          meaning: z.enum(['topic', 'keyword', 'site', 'note', 'sources']).nullable(),
        }),
      )
      .meta({ description: 'What the first line names, and what it is taken for; null is not used' }),
    rows: z.int().meta({ description: 'Lines with something in them, without the heading' }),
    added: z
      .array(topicSchema.extend({ line: z.int() }))
      .meta({ description: 'With dryRun: as they would be; their ids mean nothing' }),
    known: z
      .array(z.object({ line: z.int(), topic: z.string() }))
      .meta({ description: 'In the backlog already, or twice in the list' }),
    refused: z.array(refusedTopicSchema.extend({ line: z.int() })),
  })
  .meta({ id: 'TopicImport' });

/** Topics from a list: CSV, or plain text. */
export const importRoutes: RegisterRoutes = (server, ctx) => {
  // In a scope of its own: nowhere else a body that is no JSON is taken, or one over 1 MB.
  server.register(async (scope) => importRoute(scope as unknown as HttpServer, ctx));
};

const importRoute: RegisterRoutes = (server, ctx) => {
  server.addContentTypeParser(listTypes, { parseAs: 'buffer', bodyLimit: maxBytes }, (_request, body, done) =>
    done(null, body),
  );
  server.post(
    '/topics/import',
    {
      bodyLimit: maxBytes,
      schema: {
        tags: ['topics'],
        summary: 'Add topics from a CSV file or a plain list (text/plain: one a line), up to 5,000 and 5 MB',
        description:
          'The body is the file. Columns are found by their names in the first line (topic, keyword, site, note, sources, in several languages); without such a line the first column holds the topics. Lines that cannot be used are listed, the others are added.',
        operationId: 'importTopics',
        querystring: z.object({
          dryRun: z
            .enum(['true', 'false'])
            .default('false')
            .meta({ description: '`true`: only say what would happen' }),
          siteId: z.uuid().optional().meta({ description: 'For topics whose line names no site' }),
          encoding: z
            .string()
            .max(40)
            .optional()
            .meta({ description: 'For example utf-8 or windows-1252; found out when left out' }),
        }),
        response: { 200: importSchema, 201: importSchema, ...problems(401, 404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { userId, body } = request;
      if (!(body instanceof Uint8Array)) {
        throw new AppError('unsupported_media_type', 'The body is not a list.', {
          hint: 'Send the file itself with Content-Type: text/csv or text/plain.',
        });
      }
      const { siteId, encoding, dryRun } = request.query;
      if (siteId) await getSite(ctx.db, userId, siteId);
      const contentType = request.headers['content-type'] ?? null;
      const prepared = await prepareImport(ctx, userId, body, { contentType, encoding, siteId: siteId ?? null });
      if (dryRun === 'true') {
        return reply.code(200).send(present(prepared, await tryImport(ctx.db, userId, prepared)));
      }
      return onceByKey(ctx, request, reply, 201, async (tx) =>
        present(prepared, await storeImport(tx, userId, prepared)),
      );
    },
  );
};

function present({ list }: PreparedImport, { added, known, refused }: ImportedTopics): z.infer<typeof importSchema> {
  return {
    encoding: list.encoding,
    columns: list.columns,
    rows: list.rows.length,
    added: added.map(({ line, topic }) => ({ line, ...presentTopic(topic) })),
    known,
    refused: refused.map(({ line, topic, error }) => ({ line, ...presentRefusal(topic, error) })),
  };
}
