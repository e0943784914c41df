import { AppError } from '../../src/errors.ts';
import type { SafeFetch, SafeFetchOptions, SafeFetchResponse } from '../../src/net/safe-fetch.ts';
import { listPostsLike } from './wordpress-listing.ts';

export interface DoublePost {
  id: number;
  status: string;
  slug: string;
  title: string;
  content: string;
  excerpt: string;
  /** When it was last changed: ISO 8601 in UTC, with or without its Z. */
  modified?: string;
  /** Its address, where it is not made of the slug. */
  link?: string;
  categories?: number[];
  tags?: number[];
}

type DoubleText = Pick<DoublePost, 'title' | 'content' | 'excerpt'>;

/** What happens to a request: its answer is lost before or after the site acts on it, or something else is answered. */
export type DoubleFault =
  | 'lost_before'
  | 'lost_after'
  /** The answer is lost at once, and the site acts on the request only `late` milliseconds later. */
  | { late: number }
  | { status: number; headers?: Record<string, string>; code?: string };

/** A WordPress in memory behind a safe fetch, for what the real ones in test/services cannot be asked for. */
export interface WordPressDouble {
  readonly url: string;
  readonly safeFetch: SafeFetch;
  readonly posts: Map<number, DoublePost>;
  /** `POST /wp/v2/posts` and so on, as they came. */
  readonly requests: string[];
  /** Decides the fault of each request; undefined lets it through. */
  rule: (request: string, earlier: number) => DoubleFault | undefined;
  /** Changes a post as a person does who works on the site itself. */
  edit(id: number, change: Partial<DoublePost>): void;
  /** Whether the site keeps revisions; it does unless it is told not to. */
  keepsRevisions: boolean;
  /** Categories and tags that stand on the site, by their numbers. */
  readonly terms: Map<number, { taxonomy: 'categories' | 'tags'; name: string }>;
  /** Capabilities of the user; those of an administrator that bear on posts at first. */
  capabilities: string[];
  /** Posts whose content carries the text. */
  containing(text: string): DoublePost[];
}

/** Starts empty; pretty permalinks, a user who may do everything, slugs made unique as WordPress does. */
export function createWordPressDouble(): WordPressDouble {
  const url = 'https://blog.example';
  const posts = new Map<number, DoublePost>();
  const requests: string[] = [];
  const revisions = new Map<number, (DoubleText & { id: number; date: string })[]>();
  let clock = Date.UTC(2026, 0, 1);
  let nextId = 1;

  const double: WordPressDouble = {
    url,
    posts,
    requests,
    edit: update,
    keepsRevisions: true,
    terms: new Map(),
    rule: () => undefined,
    capabilities: ['edit_posts', 'edit_others_posts', 'publish_posts', 'upload_files'],
    safeFetch: Object.assign(ask, { close: async () => undefined }),
    containing: (text) => [...posts.values()].filter(({ content }) => content.includes(text)),
  };
  return double;

  async function ask(target: string | URL, options: SafeFetchOptions): Promise<SafeFetchResponse> {
    const asked = new URL(target);
    const method = options.method ?? 'GET';
    const path = asked.pathname.replace(/^\/wp-json/, '').replace(/\/\d+(?=\/|$)/, '/:id');
    const request = `${method} ${path}`;
    const earlier = requests.filter((one) => one === request).length;
    requests.push(request);
    options.signal?.throwIfAborted();
    const fault = double.rule(request, earlier);
    // One turn of the event loop, so that an abort can fall between a request and its answer.
    await new Promise((resolve) => setImmediate(resolve));
    if (fault === 'lost_before') throw lost();
    if (typeof fault === 'object' && 'late' in fault) {
      setTimeout(() => act(method, asked, options), fault.late);
      throw lost();
    }
    if (typeof fault === 'object') {
      return answer(fault.status, { code: fault.code ?? 'refused', message: 'no' }, asked, fault.headers);
    }
    const acted = act(method, asked, options);
    if (fault === 'lost_after') throw lost();
    options.signal?.throwIfAborted();
    return answer(acted.status, acted.json, asked, acted.headers);
  }

  function act(
    method: string,
    asked: URL,
    { body }: SafeFetchOptions,
  ): { status: number; json: unknown; headers?: Record<string, string> } {
    const route = /^\/wp-json(\/wp\/v2\/posts)?(?:\/(\d+)(\/revisions)?)?\/?$/.exec(asked.pathname);
    if (asked.pathname === '/') return { status: 200, json: null };
    if (asked.pathname === '/wp-json/wp/v2/users/me') {
      const capabilities = Object.fromEntries(double.capabilities.map((name) => [name, true]));
      return { status: 200, json: { id: 1, username: 'admin', name: 'Admin', roles: [], capabilities } };
    }
    const terms = /^\/wp-json\/wp\/v2\/(categories|tags)$/.exec(asked.pathname);
    if (terms && method === 'GET') return { status: 200, json: termsLike(terms[1] ?? '', asked.searchParams) };
    if (!route?.[1]) return { status: 200, json: { name: 'Double', home: url, namespaces: ['wp/v2'] } };
    const sent = (body ? JSON.parse(String(body)) : {}) as Partial<DoublePost>;
    if (route[2]) {
      const post = posts.get(Number(route[2]));
      if (!post) return { status: 404, json: { code: 'rest_post_invalid_id', message: 'Invalid post ID.' } };
      if (route[3]) return { status: 200, json: (revisions.get(post.id) ?? []).map(asRevision) };
      if (method === 'DELETE') update(post.id, { status: 'trash', slug: `${post.slug}__trashed` });
      if (method === 'POST') update(post.id, sent);
      return { status: 200, json: asJson(post) };
    }
    if (method === 'POST') {
      const id = nextId++;
      const post = {
        id,
        status: 'draft',
        title: '',
        content: '',
        excerpt: '',
        ...sent,
        slug: uniqueSlug(sent.slug ?? ''),
        modified: tick(),
      };
      posts.set(id, post);
      return { status: 201, json: asJson(post) };
    }
    const fields = asked.searchParams.get('_fields') ?? '';
    if (fields.includes('modified_gmt') && !fields.includes('content')) {
      const { posts: listed, headers } = listPostsLike(posts.values(), asked.searchParams);
      return { status: 200, json: listed.map(asJson), headers };
    }
    const search = asked.searchParams.get('search') ?? '';
    const page = Number(asked.searchParams.get('page') ?? 1);
    return { status: 200, json: page > 1 ? [] : double.containing(search).map(asJson) };
  }

  function termsLike(taxonomy: string, asked: URLSearchParams): unknown[] {
    const include = asked.get('include')?.split(',').map(Number);
    const search = asked.get('search')?.toLowerCase() ?? '';
    return [...double.terms]
      .filter(([id, term]) => term.taxonomy === taxonomy && (include?.includes(id) ?? true))
      .filter(([, { name }]) => name.toLowerCase().includes(search))
      .map(([id, { name }]) => ({ id, name }));
  }

  function tick(): string {
    clock += 1_000;
    return new Date(clock).toISOString().slice(0, 19);
  }

  /** As WordPress: a revision holds the text after a change of it, and a new post has none. */
  function update(id: number, change: Partial<DoublePost>): void {
    const post = posts.get(id);
    if (!post) throw new Error(`there is no post ${id}`);
    const before = textOf(post);
    const restored = post.status === 'trash' && change.status !== undefined && change.status !== 'trash';
    Object.assign(post, restored ? { slug: post.slug.replace('__trashed', '') } : {}, change, { modified: tick() });
    if (!double.keepsRevisions || JSON.stringify(textOf(post)) === JSON.stringify(before)) return;
    const kept = { ...textOf(post), id: nextId++, date: post.modified ?? '' };
    revisions.set(id, [kept, ...(revisions.get(id) ?? [])]);
  }

  function asRevision({ id, date, title, content, excerpt }: DoubleText & { id: number; date: string }): unknown {
    return {
      id,
      slug: `${id}-revision-v1`,
      date_gmt: date,
      title: { raw: title },
      content: { raw: content },
      excerpt: { raw: excerpt },
    };
  }

  function uniqueSlug(wanted: string): string {
    const taken = new Set([...posts.values()].map(({ slug }) => slug));
    let slug = wanted;
    for (let number = 2; taken.has(slug); number += 1) slug = `${wanted}-${number}`;
    return slug;
  }

  function asJson(post: DoublePost): unknown {
    const { id, status, slug, link = `${url}/${slug}/` } = post;
    const raw = (text: string) => ({ raw: text, rendered: text });
    const texts = { title: raw(post.title), content: raw(post.content), excerpt: raw(post.excerpt) };
    const modified_gmt = post.modified?.replace(/(?:\.\d+)?Z$/, '') ?? null;
    const { categories = [], tags = [] } = post;
    return { id, status, slug, link, ...texts, date_gmt: null, modified_gmt, categories, tags };
  }
}

function textOf({ title, content, excerpt }: DoubleText): DoubleText {
  return { title, content, excerpt };
}

function lost(): AppError {
  return new AppError('fetch_failed', 'The connection was cut.', { details: { cause: 'reset' } });
}

function answer(status: number, json: unknown, asked: URL, more: Record<string, string> = {}): SafeFetchResponse {
  const page = json === null;
  const headers = new Headers({ 'content-type': page ? 'text/html' : 'application/json', ...more });
  const body = new TextEncoder().encode(page ? '<html></html>' : JSON.stringify(json));
  return { status, url: asked.href, redirects: [], headers, body };
}
