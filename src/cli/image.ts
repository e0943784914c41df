import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { imageSchema } from '../images/present.ts';
import type { Api } from './api.ts';
import { type Io, print, table } from './io.ts';
import { openSession } from './session.ts';

type ImageAnswer = z.infer<typeof imageSchema>;

interface Options {
  account?: string;
  json?: boolean;
}

const page = z.object({ items: z.array(imageSchema), nextCursor: z.string().nullable() });
const storageSchema = z.object({ bytes: z.int(), limitBytes: z.int() });
const articleSchema = z.object({ title: z.string(), revision: z.int() });

/** How many `image list` prints. */
const shown = 50;

/** By their endings; anything else is sent as bytes, and the server looks at what they are. */
const types: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
};

/**
 * `image add`: uploads files. With `article` the file becomes the featured image of that article. All files are read
 * before the first is sent. Throws `invalid_request` for a file that cannot be read, and for words or an article with more
 * than one file; what was refused by the server ends it, and says what was uploaded before.
 */
export async function addImages(
  io: Io,
  files: string[],
  options: Options & { article?: string; alt?: string; caption?: string },
): Promise<number> {
  const { article: articleId, alt, caption } = options;
  if (files.length > 1 && (articleId ?? alt ?? caption) !== undefined) {
    throw new AppError('invalid_request', '--article, --alt and --caption go with one file.', {
      hint: 'Run the command once for each file.',
    });
  }
  const read: { file: string; data: Uint8Array }[] = [];
  for (const file of files) read.push({ file, data: await readImageFile(file) });
  return withApi(io, options, async (api) => {
    // Asked first: a mistyped id is to leave nothing behind.
    const path = articleId === undefined ? null : `/articles/${encodeURIComponent(articleId)}`;
    const article = path === null ? null : await api.request('GET', path, articleSchema);
    const added: ImageAnswer[] = [];
    for (const { file, data } of read) {
      const words = new URLSearchParams({ name: basename(file) });
      if (alt !== undefined) words.set('alt', alt);
      if (caption !== undefined) words.set('caption', caption);
      const type = types[extname(file).toLowerCase()] ?? 'application/octet-stream';
      try {
        added.push(await api.upload(`/images?${words}`, data, type, imageSchema));
      } catch (error) {
        throw atFile(error, file, added);
      }
    }
    const [first] = added;
    if (article && path && first) {
      await api.request('PATCH', path, articleSchema, { revision: article.revision, featuredImageId: first.id });
    }
    print(io, options.json, { items: added }, () => [
      ...added.map((image) => `${image.id}  ${image.name}, ${image.width} × ${image.height}, ${sizeOf(image.bytes)}`),
      ...(article ? [`It is the featured image of “${article.title}” now.`] : []),
    ]);
  });
}

/** `image list`: prints images, the newest first, with what each is used in, and how much room is left. */
export async function listImages(
  io: Io,
  options: Options & { query?: string; kind?: string; deleted?: boolean },
): Promise<number> {
  const query = new URLSearchParams({ limit: String(shown) });
  if (options.query !== undefined) query.set('query', options.query);
  if (options.kind !== undefined) query.set('kind', options.kind);
  if (options.deleted) query.set('deleted', 'true');
  return withApi(io, options, async (api) => {
    const { items, nextCursor } = await api.request('GET', `/images?${query}`, page);
    const storage = await api.request('GET', '/images/storage', storageSchema);
    print(io, options.json, { items, nextCursor, storage }, () => [
      ...(items.length === 0
        ? ['No images. Add one: image add FILE']
        : table(
            ['IMAGE', 'NAME', 'KIND', 'SIZE', 'USED BY'],
            items.map((image) => [image.id, image.name, image.kind, sizeOf(image.bytes), usedBy(image)]),
          )),
      ...(nextCursor ? ['and more: narrow it with --query or --kind'] : []),
      `${sizeOf(storage.bytes)} of ${sizeOf(storage.limitBytes)} used`,
    ]);
  });
}

/** `image delete`: puts images into the bin. One that articles show only with `force`. */
export async function deleteImages(io: Io, ids: string[], options: Options & { force?: boolean }): Promise<number> {
  return withApi(io, options, async (api) => {
    for (const id of ids) {
      const path = `/images/${encodeURIComponent(id)}${options.force ? '?force=true' : ''}`;
      await api.request('DELETE', path, z.null());
    }
    print(io, options.json, { deleted: ids }, () => [
      `Deleted ${ids.length === 1 ? 'the image' : `${ids.length} images`}. For 30 days image restore brings ${ids.length === 1 ? 'it' : 'them'} back.`,
    ]);
  });
}

/** `image restore`: takes an image out of the bin. */
export async function restoreImage(io: Io, id: string, options: Options): Promise<number> {
  return withApi(io, options, async (api) => {
    const image = await api.request('POST', `/images/${encodeURIComponent(id)}/restore`, imageSchema);
    print(io, options.json, image, () => [`${image.name} is back.`]);
  });
}

async function readImageFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new AppError('invalid_request', `The image ${file} cannot be read.`, { cause, hint: 'Check the file name.' });
  }
}

/** The server's error with the file that it is about, and what is there already. */
function atFile(error: unknown, file: string, added: ImageAnswer[]): unknown {
  if (!(error instanceof AppError)) return error;
  const before = added.length === 0 ? '' : ` Before it: ${added.map(({ name, id }) => `${name} (${id})`).join(', ')}.`;
  return new AppError(error.code, `${file}: ${error.message}${before}`, { hint: error.hint, cause: error });
}

function usedBy({ usedBy: articles, sites }: ImageAnswer): string {
  const [first, ...others] = articles.map(({ title, binned }) => (binned ? `${title} (in the bin)` : title));
  const places = sites.map(({ name }) => name);
  if (first === undefined) return places.length === 0 ? '-' : `on ${places.join(', ')}`;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${first.slice(0, 60)}${more}${places.length === 0 ? '' : `; on ${places.join(', ')}`}`;
}

function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

async function withApi(io: Io, { account }: Options, work: (api: Api) => Promise<void>): Promise<number> {
  const session = await openSession(io, { work: false, account });
  try {
    await work(session.api);
    return 0;
  } finally {
    await session.close();
  }
}
