import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import type { PageFrame, PageStyle } from '../knowledge/read-frame.ts';
import { publications } from '../publishing/schema.ts';
import { sitePosts } from '../site-posts/schema.ts';
import type { Site } from '../sites/schema.ts';
import { harmlessCss } from './harmless-css.ts';

/** How a site shows its posts, as far as it can be had from one of them. */
export interface Theme {
  /** The page that it was read from. */
  pageUrl: string;
  readAt: Date;
  frame: PageFrame;
  /** Of all style sheets in their order, without anything that would be fetched. */
  css: string;
  /** Style sheets that could not be had. */
  missing: number;
}

/** Reads how sites show their posts, and remembers it for a while. */
export interface Themes {
  /**
   * Throws `fetch_blocked`, `fetch_failed`, `fetch_too_large` and `extraction_failed` for a page that cannot be had or
   * read.
   */
  of(site: Site): Promise<Theme>;
}

type Ctx = Pick<AppContext, 'db' | 'safeFetch' | 'extractor' | 'log' | 'now'>;

/** A theme rarely changes, and is read anew when one comes back after a while. */
const keptMs = 10 * 60_000;
/** After a failure a person may want to try again. */
const failureKeptMs = 20_000;
/** Of 1 MB at most each. */
const mostKept = 20;
const pageTimeoutMs = 10_000;
const maxPageBytes = 2_000_000;
const maxSheetBytes = 700_000;
const mostSheets = 16;
const maxCss = 1_000_000;

/** Builds the reader of a process. */
export function createThemes(ctx: Ctx): Themes {
  const kept = new Map<string, { until: number; theme: Promise<Theme> }>();
  return {
    of(site) {
      const key = `${site.id} ${site.url}`;
      const now = ctx.now().getTime();
      const known = kept.get(key);
      if (known && known.until > now) return known.theme;
      const entry = { until: now + keptMs, theme: readTheme(ctx, site) };
      entry.theme.catch(() => {
        entry.until = ctx.now().getTime() + failureKeptMs;
      });
      kept.delete(key);
      kept.set(key, entry);
      const [oldest] = kept.keys();
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
      return entry.theme;
    },
  };
}

async function readTheme(ctx: Ctx, site: Site): Promise<Theme> {
  const pageUrl = await examplePage(ctx, site);
  const page = await ctx.safeFetch(pageUrl, {
    timeoutMs: pageTimeoutMs,
    maxBytes: maxPageBytes,
    headers: { accept: 'text/html' },
  });
  if (page.status !== 200) {
    throw new AppError('fetch_failed', `The page ${page.url} answered ${page.status}.`, {
      hint: 'Open it in a browser: it has to be one that everybody can see.',
    });
  }
  const frame = await ctx.extractor.frame({
    content: page.body,
    contentType: page.headers.get('content-type'),
    url: page.url,
  });
  const sheets = await readSheets(ctx, frame.styles);
  const css = sheets.map(({ text }) => text).join('\n');
  return {
    pageUrl: page.url,
    readAt: ctx.now(),
    frame: { ...frame, styles: [] },
    css: css.slice(0, maxCss),
    missing: sheets.filter(({ missing }) => missing).length + (css.length > maxCss ? 1 : 0),
  };
}

/** A post of the site that everybody can see, the newest that is known; else its front page, which has the same styles. */
async function examplePage({ db, safeFetch }: Ctx, site: Site): Promise<string> {
  const { siteId, url, status, goneAt, modifiedAt, firstSeenAt } = sitePosts;
  const [post] = await db
    .select({ url })
    .from(sitePosts)
    .where(and(eq(siteId, site.id), eq(status, 'publish'), isNull(goneAt)))
    .orderBy(desc(sql`coalesce(${modifiedAt}, ${firstSeenAt})`))
    .limit(1);
  if (post && isOn(site, post.url)) return post.url;
  const [own] = await db
    .select({ url: publications.remoteUrl })
    .from(publications)
    .where(and(eq(publications.siteId, site.id), eq(publications.remoteStatus, 'publish')))
    .orderBy(desc(publications.id))
    .limit(1);
  if (own?.url && isOn(site, own.url)) return own.url;
  return (await newestPost(safeFetch, site)) ?? site.url;
}

/** Asks the site itself, as anybody may; null where it does not tell. */
async function newestPost(safeFetch: Ctx['safeFetch'], site: Site): Promise<string | null> {
  const address = new URL(site.url.endsWith('/') ? site.url : `${site.url}/`);
  address.search = '?rest_route=/wp/v2/posts&per_page=1&_fields=link';
  const answer = await safeFetch(address, { timeoutMs: pageTimeoutMs, maxBytes: 100_000 });
  if (answer.status !== 200) return null;
  const found = /"link"\s*:\s*("(?:[^"\\]|\\.){1,2000}")/.exec(new TextDecoder().decode(answer.body));
  if (!found?.[1]) return null;
  const link: unknown = JSON.parse(found[1]);
  return typeof link === 'string' && isOn(site, link) ? link : null;
}

const isOn = (site: Site, url: string) => URL.parse(url)?.host === URL.parse(site.url)?.host;

async function readSheets({ safeFetch, log }: Ctx, styles: readonly PageStyle[]) {
  let left = mostSheets;
  return Promise.all(
    styles.map(async (style) => {
      const medium = mediumOf(style);
      if (medium === null) return { text: '', missing: false };
      const within = (css: string) => {
        const text = harmlessCss(css);
        return { text: medium === '' ? text : `@media ${medium} {\n${text}\n}`, missing: false };
      };
      if ('css' in style) return within(style.css);
      if (left-- <= 0) return { text: '', missing: true };
      try {
        const answer = await safeFetch(style.href, {
          timeoutMs: pageTimeoutMs,
          maxBytes: maxSheetBytes,
          headers: { accept: 'text/css' },
        });
        if (answer.status !== 200) return { text: '', missing: true };
        return within(new TextDecoder().decode(answer.body));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        log.debug({ err: error, url: style.href }, 'a style sheet of a site could not be read');
        return { text: '', missing: true };
      }
    }),
  );
}

/** What a style sheet is for; empty for every screen, and null for what is for paper only or cannot be told. */
function mediumOf({ media }: PageStyle): string | null {
  const medium = media?.trim().toLowerCase() ?? '';
  if (medium === 'all' || medium === 'screen') return '';
  return medium === 'print' || /[{}<>;]/.test(medium) ? null : medium;
}
