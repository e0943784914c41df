import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { SafeFetch, SafeFetchResponse } from '../net/safe-fetch.ts';
import { printable } from '../storable.ts';
import { escapeText } from './block-markup.ts';
import { hasMarker } from './blocks.ts';
import { discoverSite, type SiteDiscovery } from './discover.ts';
import { type RestAnswer, readAnswer } from './rest-answer.ts';
import { type RestParameters, restUrl, siteBase } from './rest-url.ts';
import { noAnswer, siteCauseOf, siteError } from './site-error.ts';
import { loginByXmlRpc, type XmlRpcVerdict } from './xml-rpc.ts';

/** What a client needs. The password is an Application Password, with or without its spaces. */
export interface WordPressClientOptions {
  safeFetch: SafeFetch;
  siteUrl: string;
  username: string;
  applicationPassword: string;
  /** From an earlier {@link SiteDiscovery}; spares the search for it. */
  restRoot?: string;
  /** Milliseconds for one request with its answer; 20,000 by default. */
  timeoutMs?: number;
  /** Bytes of one decoded answer; 10 MiB by default. */
  maxBytes?: number;
  signal?: AbortSignal;
}

export type WordPressPostStatus = 'publish' | 'future' | 'draft' | 'pending' | 'private' | 'trash';

/**
 * What a post can be given; what is left out stays as it is, or as the site does it. `title` and `excerpt` are plain text,
 * `content` is block markup; categories, tags, author and featured image are ids of the site (0: no image), the template
 * is a file of the theme (empty: the theme's own choice).
 */
export interface PostFields {
  title?: string;
  content?: string;
  status?: Exclude<WordPressPostStatus, 'trash'>;
  slug?: string;
  excerpt?: string;
  categories?: number[];
  tags?: number[];
  author?: number;
  featuredMedia?: number;
  comments?: 'open' | 'closed';
  template?: string;
  sticky?: boolean;
}

/** A post to create. */
export type NewWordPressPost = PostFields & Required<Pick<PostFields, 'title' | 'content' | 'status'>>;

/**
 * A post as the site stores it: `link` is a web address or empty, `title` and `excerpt` are HTML, `content` is what was
 * saved, times are ISO 8601 in UTC. A field that the site does not tell is null (lists: empty).
 */
export interface WordPressPost {
  id: number;
  status: string;
  slug: string;
  link: string;
  title: string;
  content: string;
  excerpt: string;
  dateGmt: string | null;
  modifiedGmt: string | null;
  categories: number[];
  tags: number[];
  author: number | null;
  featuredMedia: number | null;
  comments: string | null;
  template: string | null;
  sticky: boolean | null;
  /** How many revisions the site keeps of it, autosaves among them; only of a post that was asked for alone. */
  revisions: number | null;
}

/** The user that the credentials belong to. `capabilities` holds the granted ones. */
export interface WordPressUser {
  id: number;
  username: string;
  name: string;
  roles: string[];
  capabilities: ReadonlySet<string>;
}

export interface WordPressClient {
  /** The address as typed, made regular; ends in `/`. */
  readonly siteUrl: string;
  discover(): Promise<SiteDiscovery>;
  me(): Promise<WordPressUser>;
  /** The same as `me`, asked at another root: where that works, this client uses it from then on. */
  meAt(restRoot: string): Promise<WordPressUser>;
  /** What XML-RPC says of the login; `login_password` is accepted, but no Application Password. */
  loginByXmlRpc(base: string): Promise<XmlRpcVerdict | 'login_password'>;
  findByMarker(marker: string, options?: { wide?: boolean }): Promise<WordPressPost[]>;
  createPost(post: NewWordPressPost): Promise<WordPressPost>;
  updatePost(id: number, fields: PostFields): Promise<WordPressPost>;
  trashPost(id: number): Promise<void>;
  getPost(id: number): Promise<WordPressPost>;
  /** Any other REST call, under the same rules: JSON only, no redirects, errors with a cause. */
  call(method: string, path: string, options?: CallOptions): Promise<RestAnswer>;
}

export interface CallOptions {
  parameters?: RestParameters;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  raw?: RawBody;
}

/** A body with its content type, for uploads. */
export interface RawBody {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** WordPress writes GMT times without a zone. Drafts may have none. */
const gmt = z
  .string()
  .nullish()
  .transform((value) => (value ? `${value}Z` : null));
/** Some of it is stored and shown: without what no table keeps. */
const text = z.string().transform(printable);
const rendered = z
  .object({ raw: z.string().optional() })
  .optional()
  .transform((value) => value?.raw ?? '');
/** Plugins may take a field out of the answers, or change what it is: no reason to refuse the post. */
const untold = <T>(shape: z.ZodType<T>) => shape.nullable().catch(null);
const ids = z.array(z.int()).catch([]);
const postShape = z
  .object({
    id: z.int().positive(),
    status: text,
    slug: text,
    link: text.transform((link) => (/^https?:$/.test(URL.parse(link)?.protocol ?? '') ? link : '')),
    title: rendered,
    content: z.object({ raw: z.string() }),
    excerpt: rendered,
    date_gmt: gmt,
    modified_gmt: gmt,
    categories: ids,
    tags: ids,
    author: untold(z.int()),
    featured_media: untold(z.int()),
    comment_status: untold(z.string()),
    template: untold(z.string()),
    sticky: untold(z.boolean()),
    _links: untold(z.object({ 'version-history': z.array(z.object({ count: z.int() })) })).optional(),
  })
  .transform(({ date_gmt, modified_gmt, featured_media, comment_status, content, _links, ...post }) => ({
    ...post,
    revisions: _links?.['version-history'][0]?.count ?? null,
    content: content.raw,
    dateGmt: date_gmt,
    modifiedGmt: modified_gmt,
    featuredMedia: featured_media,
    comments: comment_status,
  }));
const userShape = z.object({
  id: z.int().positive(),
  username: z.string().optional(),
  name: z.string(),
  roles: z.array(z.string()).optional(),
  // PHP writes an empty object as [].
  capabilities: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()).transform(() => ({}))]).optional(),
});

const postFields =
  'id,status,slug,link,title.raw,content.raw,excerpt.raw,date_gmt,modified_gmt,categories,tags,author,featured_media,comment_status,template,sticky';
/** Links are long; their only use is the number of revisions. */
const onePostFields = `${postFields},_links.version-history`;
/** WordPress makes them of 24 letters and digits. */
const applicationPasswordForm = /^[a-z\d]{24}$/i;
const searchPageSize = 50;
/** A marker is found among a handful; more pages would mean that the site ignores `search`. */
const searchPages = 4;
const recentPosts = 20;

/**
 * A client for one site. Every call is limited in time and bytes, takes only JSON for an answer and never follows a
 * redirect with the password.
 * @throws AppError (each call) site_unreachable when waiting can help, with `retryAt` if the site named a time; else
 *   site_rejected. `details.cause` is a SiteCause, `details.mayHaveHappened` whether a write may have been done. No
 *   error holds the password, not even when the site echoes it.
 */
export function createWordPressClient(options: WordPressClientOptions): WordPressClient {
  const { safeFetch, username, timeoutMs = 20_000, maxBytes = 10 * 1024 * 1024, signal } = options;
  const siteUrl = siteBase(options.siteUrl);
  const token = Buffer.from(`${username}:${options.applicationPassword}`).toString('base64');
  const secrets = [token, options.applicationPassword, options.applicationPassword.replaceAll(' ', '')].filter(
    (secret) => secret !== '',
  );
  let known = options.restRoot;

  async function send(
    url: string,
    method: string,
    login: boolean,
    follow: boolean,
    body?: { type: string; bytes: string | Uint8Array<ArrayBuffer> },
  ): Promise<SafeFetchResponse> {
    const headers: Record<string, string> = {
      accept: login ? 'application/json' : 'application/json, text/html;q=0.9',
    };
    if (login) headers.authorization = `Basic ${token}`;
    if (body !== undefined) headers['content-type'] = body.type;
    try {
      return await safeFetch(url, {
        method,
        headers,
        body: body?.bytes,
        signal,
        timeoutMs,
        maxBytes,
        redirect: follow ? 'follow' : 'manual',
        ...(follow ? { maxRedirects: 5 } : {}),
      });
    } catch (error) {
      throw noAnswer(error, method);
    }
  }

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw withoutSecrets(error, secrets);
    }
  }

  async function discover(): Promise<SiteDiscovery> {
    const site = await guarded(() =>
      discoverSite((url, { login, follow }) => send(url, 'GET', login, follow), siteUrl),
    );
    known = site.restRoot;
    return site;
  }

  async function call(method: string, path: string, { parameters, body, raw }: CallOptions = {}) {
    const sent = raw ?? (body === undefined ? undefined : { type: 'application/json', bytes: JSON.stringify(body) });
    const ask = (root: string) =>
      guarded(async () => readAnswer(await send(restUrl(root, path, parameters), method, true, false, sent), method));
    const root = known ?? (await discover()).restRoot;
    try {
      return await ask(root);
    } catch (error) {
      // The site may have changed its permalinks since the root was found. Only reading is asked twice.
      const moved =
        ['not_json', 'redirected', 'rest_missing'].includes(siteCauseOf(error) ?? '') && root === options.restRoot;
      if (method !== 'GET' || !moved) throw error;
      const found = (await discover()).restRoot;
      if (found === root) throw error;
      return ask(found);
    }
  }

  async function me(): Promise<WordPressUser> {
    const { json } = await call('GET', '/wp/v2/users/me', { parameters: { context: 'edit' } });
    const user = parse(userShape, json, 'GET');
    const granted = Object.entries(user.capabilities ?? {}).filter(([, value]) => value === true);
    return {
      id: user.id,
      username: user.username ?? username,
      name: user.name,
      roles: user.roles ?? [],
      capabilities: new Set(granted.map(([name]) => name)),
    };
  }

  async function meAt(restRoot: string): Promise<WordPressUser> {
    const before = known;
    known = restRoot;
    try {
      return await me();
    } catch (error) {
      known = before;
      throw error;
    }
  }

  /** Posts of one list request that carry the marker, how many it held, and how many the site counts in all. */
  async function marked(
    marker: string,
    parameters: RestParameters,
  ): Promise<{ posts: WordPressPost[]; count: number; total: number }> {
    const query = { status: 'any,trash', context: 'edit', _fields: postFields, ...parameters };
    const { json, headers } = await call('GET', '/wp/v2/posts', { parameters: query });
    // Posts of others may come without their raw content; ours always has it.
    const listed = parse(z.array(z.unknown()), json, 'GET').map((item) => postShape.safeParse(item));
    const posts = listed.flatMap(({ data }) => (data && hasMarker(data.content, marker) ? [data] : []));
    return { posts, count: listed.length, total: Number(headers.get('x-wp-total')) || 0 };
  }

  async function findByMarker(marker: string, { wide = true }: { wide?: boolean } = {}): Promise<WordPressPost[]> {
    const found = new Map<number, WordPressPost>();
    let hidden = 0;
    for (let page = 1, full = true; full && page <= searchPages; page += 1) {
      const { posts, count, total } = await marked(marker, {
        search: marker,
        per_page: searchPageSize,
        page,
        orderby: 'id',
        order: 'asc',
      });
      for (const post of posts) found.set(post.id, post);
      full = count === searchPageSize;
      if (page === 1 && !full) hidden = total - count;
    }
    if (found.size === 0 && hidden > 0 && (await searchIsExact())) throw hiddenPost(username);
    // Search plugins answer from an index of their own, which may lag or hold published posts only.
    if (found.size === 0 && wide) {
      const { posts } = await marked(marker, { per_page: recentPosts, orderby: 'id', order: 'desc' });
      for (const post of posts) found.set(post.id, post);
    }
    return [...found.values()].sort((a, b) => a.id - b.id);
  }

  /** Whether a search finds only what holds the words: some plugins find something for everything. */
  async function searchIsExact(): Promise<boolean> {
    const nothing = `bp-${randomUUID()}`;
    const { total } = await marked(nothing, { search: nothing, per_page: 1 });
    return total === 0;
  }

  return {
    siteUrl,
    discover,
    call,
    /** Who the credentials belong to. */
    me,
    meAt,
    async loginByXmlRpc(base) {
      const password = options.applicationPassword.replaceAll(' ', '');
      const login = { base, username, password: options.applicationPassword, timeoutMs, signal };
      const verdict = await guarded(() => loginByXmlRpc(safeFetch, login));
      return verdict === 'accepted' && !applicationPasswordForm.test(password) ? 'login_password' : verdict;
    },
    /**
     * Every post of the site that carries the marker, in any status and in the trash, the oldest first. When the
     * search has nothing, the latest posts are looked through as well, unless `wide` is false. One that is there and that
     * the user may not edit is an error (`role_insufficient`): whoever looks would make a second one otherwise.
     */
    findByMarker,
    /** Creates a post. A taken slug silently becomes `-2`: compare `slug` of what comes back. */
    async createPost(post) {
      const { json } = await call('POST', '/wp/v2/posts', {
        parameters: { context: 'edit', _fields: postFields },
        body: written(post),
      });
      return parse(postShape, json, 'POST');
    },
    /** Changes what is given of a post. Never ask for it without having looked at the post before. */
    async updatePost(id, fields) {
      const { json } = await call('POST', `/wp/v2/posts/${id}`, {
        parameters: { context: 'edit', _fields: onePostFields },
        body: written(fields),
      });
      return parse(postShape, json, 'POST');
    },
    /** Puts a post into the trash, from where it can be restored on the site. Never deletes for good. */
    async trashPost(id) {
      await call('DELETE', `/wp/v2/posts/${id}`, { parameters: { _fields: 'id' } });
    },
    /** A post with its raw content. */
    async getPost(id) {
      const { json } = await call('GET', `/wp/v2/posts/${id}`, {
        parameters: { context: 'edit', _fields: onePostFields },
      });
      return parse(postShape, json, 'GET');
    },
  };
}

/** Lists leave out what the user may not edit, and count it all the same. */
function hiddenPost(username: string): AppError {
  return siteError('role_insufficient', `The post is on the site already, but ${username} may not edit it there.`, {
    hint: 'An editor has published it, or it has another author by now. Give the user the role Editor on the site, or connect it as an editor; then retry.',
  });
}

/** Fields in the names and escaping of the REST API. */
function written({ title, excerpt, featuredMedia, comments, ...rest }: PostFields): Record<string, unknown> {
  return {
    ...rest,
    title: title === undefined ? undefined : escapeText(title),
    excerpt: excerpt === undefined ? undefined : escapeText(excerpt),
    featured_media: featuredMedia,
    comment_status: comments,
  };
}

function parse<T>(shape: z.ZodType<T>, json: unknown, method: string): T {
  const result = shape.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw siteError(
    'answer_incomplete',
    `The answer of the site lacks what WordPress sends: ${issue?.path.join('.') || 'body'}.`,
    {
      details: { mayHaveHappened: method !== 'GET' },
    },
  );
}

/** The same error with every secret replaced; a hostile or careless site may send our own header back in its message. */
function withoutSecrets(error: unknown, secrets: readonly string[]): unknown {
  const clean = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  if (!(error instanceof AppError)) return error;
  const details = error.details && (JSON.parse(clean(JSON.stringify(error.details))) as Record<string, unknown>);
  const leaks =
    clean(error.message) !== error.message ||
    clean(JSON.stringify(error.details ?? {})) !== JSON.stringify(error.details ?? {});
  if (!leaks) return error;
  return new AppError(error.code, clean(error.message), { hint: error.hint, details, retryAt: error.retryAt });
}
