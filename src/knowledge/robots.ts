import { AppError } from '../errors.ts';
import type { SafeFetch } from '../net/safe-fetch.ts';
import type { Extractor } from './extract.ts';

/** Answers whether a site lets robots read a page. */
export interface Robots {
  /**
   * By RFC 9309: a robots.txt that does not exist (4xx) allows everything, one that cannot be had (5xx, unreachable,
   * endless) forbids everything. Answers are kept for an hour per origin, failures for a minute.
   * @throws AppError fetch_blocked or fetch_failed with the true reason when the rules cannot be had: nobody should look
   * for a rule that does not exist
   */
  allowed(url: string): Promise<boolean>;
  /** The sitemaps that the site of the address names in its robots.txt; as it wrote them. Throws as {@link allowed}. */
  sitemaps(url: string): Promise<string[]>;
}

type Asking = Pick<Extractor, 'askRobots'>;
/** The text of a robots.txt; null when everything is allowed. */
type Rules = string | null;

const hour = 3_600_000;
const minute = 60_000;
/** With 500 KiB each at the worst. */
const maxOrigins = 200;
/** RFC 9309, 2.5: at least 500 KiB must be read; what stands behind them is ignored here. */
const maxRobotsBytes = 500 * 1024;
/** What is downloaded of a larger one before the site is given up. */
const maxDownload = 8_000_000;

/** Builds the robots.txt check; the rules are taken apart by the extractor's process. `now` in milliseconds, for tests. */
export function createRobots(
  safeFetch: SafeFetch,
  extractor: Asking,
  options: { userAgent: string; now?: () => number },
): Robots {
  // A clock that is put back must not keep an answer for a year.
  const now = options.now ?? (() => performance.now());
  // Rules are matched against the product token alone, "blog-poster" of "blog-poster/1.0 (+https://...)".
  const token = /^[A-Za-z_-]+/.exec(options.userAgent)?.[0] ?? '*';
  const cache = new Map<string, { rules: Promise<Rules | AppError>; until: number }>();

  async function load(origin: string): Promise<{ rules: Rules | AppError; lifetime: number }> {
    const address = `${origin}/robots.txt`;
    try {
      const answer = await safeFetch(address, {
        timeoutMs: 10_000,
        maxBytes: maxDownload,
        headers: { accept: 'text/plain' },
      });
      if (answer.status >= 500 || answer.status === 429) {
        return { rules: unavailable(`it answered ${answer.status}`), lifetime: minute };
      }
      if (answer.status < 200 || answer.status > 299) return { rules: null, lifetime: hour };
      const text = new TextDecoder().decode(wholeLines(answer.body));
      return { rules: text.trim() === '' ? null : text, lifetime: hour };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'fetch_too_large') {
        return { rules: unavailable(`it is larger than ${maxDownload / 1e6} MB`, error), lifetime: minute };
      }
      return { rules: error, lifetime: minute };
    }
  }

  async function rulesOf(origin: string): Promise<Rules> {
    let entry = cache.get(origin);
    if (entry === undefined || entry.until <= now()) {
      cache.delete(origin);
      // The entry is set before the answer is there: pages asked for at the same time share one request.
      const fresh = { rules: Promise.resolve<Rules | AppError>(null), until: now() + hour };
      fresh.rules = load(origin).then(({ rules, lifetime }) => {
        fresh.until = now() + lifetime;
        return rules;
      });
      fresh.rules.catch(() => cache.delete(origin));
      cache.set(origin, fresh);
      if (cache.size > maxOrigins) cache.delete(cache.keys().next().value ?? origin);
      entry = fresh;
    }
    const rules = await entry.rules;
    if (rules instanceof AppError) throw rules;
    return rules;
  }

  async function ask(url: string): Promise<{ allowed: boolean; sitemaps: string[] }> {
    const { origin, href } = new URL(url);
    const text = await rulesOf(origin);
    if (text === null) return { allowed: true, sitemaps: [] };
    try {
      return await extractor.askRobots({ address: `${origin}/robots.txt`, text, url: href, token });
    } catch (error) {
      if (error instanceof AppError && error.code === 'extraction_failed') {
        throw unavailable('its rules are more than can be followed', error);
      }
      throw error;
    }
  }

  return {
    allowed: async (url) => (await ask(url)).allowed,
    sitemaps: async (url) => (await ask(url)).sitemaps,
  };
}

/** Without rules nothing may be read (RFC 9309, 2.3.1.4), and the reason is not a rule. */
function unavailable(reason: string, cause?: unknown): AppError {
  return new AppError('fetch_blocked', `The site's rules for robots (robots.txt) could not be had: ${reason}.`, {
    hint: 'Without them its pages are not read. Try again later, use another site, or paste the text if you may.',
    cause,
    details: { cause: 'robots_unavailable' },
  });
}

/** The first 500 KiB, up to the last line that is complete: half a rule would forbid or allow something else. */
function wholeLines(body: Uint8Array): Uint8Array {
  if (body.byteLength <= maxRobotsBytes) return body;
  return body.subarray(0, body.lastIndexOf(0x0a, maxRobotsBytes) + 1);
}
