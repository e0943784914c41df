import { z } from 'zod';
import type { WordPressClient } from './client.ts';
import { siteError } from './site-error.ts';

/** A file to upload. `mime` decides its ending; alt text and caption are plain text. */
export interface NewMedia {
  /** From {@link mediaMarker}. */
  marker: string;
  /** Without an ending; becomes part of the file's address. */
  name: string;
  mime: string;
  data: Uint8Array;
  title: string;
  alt: string;
  caption: string;
}

/** A file of the site's library. */
export interface WordPressMedia {
  id: number;
  slug: string;
  url: string;
  /** True once someone has put it into a post with the editor of WordPress, which notes that post as its parent. */
  attached: boolean;
}

type Client = Pick<WordPressClient, 'call'>;

const mediaShape = z
  .object({
    id: z.int().positive(),
    slug: z.string(),
    source_url: z.string().regex(/^https?:\/\//),
    post: z.int().nullish(),
  })
  .transform(({ id, slug, source_url, post }) => ({ id, slug, url: source_url, attached: Boolean(post) }));
const fields = 'id,slug,source_url,post';

/**
 * By what an uploaded image is found again: its slug. Measured on WordPress 6.8, both kinds of permalinks, as
 * administrator, editor and author: the slug given with the upload is kept, `GET media?slug=` finds it at once (15 to 25
 * ms; it is an exact look-up, which no search plugin answers), contributors may look as well, and a second upload
 * under the same slug gets `-2`, so that the answer to an upload itself tells of a twin. The search of the library does
 * not look at slugs and finds nothing.
 */
export function mediaMarker(imageId: string): string {
  return `bp-${imageId}`;
}

/** What of the library carries the marker, the one without a number first. */
export async function findMedia(client: Client, marker: string): Promise<WordPressMedia[]> {
  const { json } = await client.call('GET', '/wp/v2/media', {
    parameters: {
      slug: [marker, `${marker}-2`, `${marker}-3`].join(','),
      orderby: 'id',
      order: 'asc',
      _fields: fields,
    },
  });
  const found = listed(json).filter(({ slug }) => isMarked(slug, marker));
  return found.sort((a, b) => Number(b.slug === marker) - Number(a.slug === marker) || a.id - b.id);
}

/** Those of the given files that are still in the library. */
export async function existingMedia(client: Client, ids: readonly number[]): Promise<WordPressMedia[]> {
  if (ids.length === 0) return [];
  const { json } = await client.call('GET', '/wp/v2/media', {
    parameters: { include: ids.join(','), per_page: ids.length, _fields: fields },
  });
  return listed(json).filter(({ id }) => ids.includes(id));
}

/**
 * Uploads a file with its marker, title, alt text and caption in one request. A form, because captions may be longer
 * than an address can be.
 */
export async function uploadMedia(client: Client, media: NewMedia): Promise<WordPressMedia> {
  const ending = media.mime === 'image/jpeg' ? 'jpg' : (media.mime.split('/')[1] ?? 'bin');
  const texts = { slug: media.marker, title: media.title, alt_text: media.alt, caption: media.caption };
  const { json } = await client.call('POST', '/wp/v2/media', {
    parameters: { _fields: fields },
    raw: formBody(texts, { name: `${fileName(media.name)}.${ending}`, mime: media.mime, data: media.data }),
  });
  const uploaded = mediaShape.safeParse(json).data;
  if (!uploaded || !isMarked(uploaded.slug, media.marker)) {
    throw siteError('answer_incomplete', 'The site answered an upload with something else than the uploaded file.', {
      details: { mayHaveHappened: true },
    });
  }
  return uploaded;
}

/** Deletes a file of our own for good; only for a second copy that nothing shows. */
export async function deleteMedia(client: Client, id: number): Promise<void> {
  await client.call('DELETE', `/wp/v2/media/${id}`, { parameters: { force: true, _fields: 'deleted' } });
}

function listed(json: unknown): WordPressMedia[] {
  if (!Array.isArray(json)) throw siteError('answer_incomplete', 'The list of the site’s media is no list.');
  return json.flatMap((item) => mediaShape.safeParse(item).data ?? []);
}

/** WordPress appends `-2` and so on to a slug that is taken. */
function isMarked(slug: string, marker: string): boolean {
  return slug === marker || (slug.startsWith(`${marker}-`) && /^\d+$/.test(slug.slice(marker.length + 1)));
}

function fileName(name: string): string {
  const clean = name
    .replace(/\.(?:jpe?g|png|webp|gif)$/i, '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return clean.slice(0, 80) || 'image';
}

/** A multipart/form-data body (RFC 7578). */
function formBody(
  texts: Readonly<Record<string, string>>,
  file: { name: string; mime: string; data: Uint8Array },
): { type: string; bytes: Uint8Array<ArrayBuffer> } {
  const boundary = `bp-${crypto.randomUUID()}`;
  const parts = Object.entries(texts).map(
    ([name, text]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`,
  );
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: ${file.mime}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(parts.join('') + head), file.data, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, bytes: new Uint8Array(body) };
}
