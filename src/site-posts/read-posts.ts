import { z } from 'zod';
import { printable } from '../storable.ts';
import type { WordPressClient } from '../wordpress/client.ts';
import type { RestAnswer } from '../wordpress/rest-answer.ts';
import type { RestParameters } from '../wordpress/rest-url.ts';
import { siteError } from '../wordpress/site-error.ts';
import { plainText } from './plain-text.ts';

/** What a role lets us see: whether all posts in every state, or as any visitor and what is its own. */
export interface Sight {
  context: 'edit' | 'view';
  statuses: string;
  /** In which states a post that is missed may be found. */
  anyStatus: string;
}

/** A post as it was read. Times are UTC; a field that a plugin took away or changed is null or empty. */
export interface ReadPost {
  id: number;
  status: string;
  slug: string;
  /** A web address, or empty. */
  url: string;
  title: string;
  excerpt: string;
  modifiedAt: Date | null;
}

/** A post in a listing: what tells whether it has to be read again. */
export type ListedPost = Pick<ReadPost, 'id' | 'status' | 'url' | 'modifiedAt'>;

/** One answer of the site: its posts, and how many there are in all as far as it says. */
export interface Page<Post> {
  posts: Post[];
  total: number | null;
}

const limits = { title: 300, excerpt: 500, slug: 200, url: 2000, status: 20 };

const text = z.string().transform(printable);
const rendered = z
  .object({ raw: z.string().optional(), rendered: z.string().optional() })
  .transform(({ raw, rendered }) => raw || rendered || '')
  .catch('');
/** WordPress writes GMT times without a zone, and 0000-00-00 for none. PostgreSQL knows no years beyond these. */
const modified = z
  .string()
  .transform((value) => {
    const at = new Date(`${value}Z`);
    return Number.isNaN(at.getTime()) || at.getUTCFullYear() < 1970 || at.getUTCFullYear() > 9000 ? null : at;
  })
  .nullable()
  .catch(null);
const link = z.string().transform(webAddress).catch('');
const listedShape = z
  .object({ id: z.int().positive(), status: text, link, modified_gmt: modified })
  .transform(({ id, status, link, modified_gmt }) => ({
    id,
    status: status.slice(0, limits.status),
    url: link,
    modifiedAt: modified_gmt,
  }));
const postShape = z
  .object({
    id: z.int().positive(),
    status: text,
    slug: text.catch(''),
    link,
    title: rendered,
    excerpt: rendered,
    modified_gmt: modified,
  })
  .transform(({ id, status, slug, link, title, excerpt, modified_gmt }) => ({
    id,
    status: status.slice(0, limits.status),
    slug: slug.slice(0, limits.slug).toWellFormed(),
    url: link,
    title: plainText(title, limits.title),
    excerpt: plainText(excerpt, limits.excerpt),
    modifiedAt: modified_gmt,
  }));

/** A web address in its regular spelling, or empty: it ends up in links. */
function webAddress(value: string): string {
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.href.length > limits.url) return '';
  return printable(url.href).replace(/[<>\s]/g, '');
}

/** Asks what the connected user may see. Subscribers see what is public; authors also what is theirs; editors everything. */
export async function sightOf(client: WordPressClient): Promise<Sight> {
  const { capabilities } = await client.me();
  const statuses = capabilities.has('edit_posts') ? 'publish,future,private' : 'publish';
  if (!capabilities.has('edit_others_posts')) return { context: 'view', statuses, anyStatus: statuses };
  return { context: 'edit', statuses, anyStatus: `${statuses},draft,pending,trash` };
}

/**
 * Posts with texts, as `parameters` choose them. The title as it was typed where it may be read; the excerpt as it is
 * shown, because most posts have none of their own.
 */
export async function readPosts(client: WordPressClient, parameters: RestParameters): Promise<Page<ReadPost>> {
  const _fields = 'id,status,slug,link,title,excerpt.rendered,modified_gmt';
  return pageOf(await client.call('GET', '/wp/v2/posts', { parameters: { ...parameters, _fields } }), postShape);
}

/** The same without texts. */
export async function listPosts(client: WordPressClient, parameters: RestParameters): Promise<Page<ListedPost>> {
  const _fields = 'id,status,link,modified_gmt';
  return pageOf(await client.call('GET', '/wp/v2/posts', { parameters: { ...parameters, _fields } }), listedShape);
}

function pageOf<Post extends { id: number }>({ json, headers }: RestAnswer, shape: z.ZodType<Post>): Page<Post> {
  if (!Array.isArray(json)) {
    throw siteError('answer_incomplete', 'The site answered something else than a list of posts.');
  }
  const found = new Map<number, Post>();
  // What cannot be a post is passed over: plugins put all kinds of things into lists.
  for (const item of json.slice(0, 200)) {
    const { data } = shape.safeParse(item);
    if (data) found.set(data.id, data);
  }
  const total = Number(headers.get('x-wp-total') ?? Number.NaN);
  return { posts: [...found.values()], total: Number.isSafeInteger(total) && total >= 0 ? total : null };
}
