import robotsParserModule from 'robots-parser';
import { AppError } from '../errors.ts';
import type { SafeFetch } from '../net/safe-fetch.ts';

/** Answers whether a site lets robots read a page. */
export interface Robots {
  /**
   * By RFC 9309: a robots.txt that does not exist (4xx) allows everything, one that cannot be had (5xx) forbids
   * everything. Answers are kept for an hour per origin, failures for a minute.
   * @throws AppError fetch_blocked or fetch_failed when the site cannot or must not be reached at all
   */
  allowed(url: string): Promise<boolean>;
}

type Rules = (url: string) => boolean;

// The package is CommonJS with a function as its export; its types describe an ES module with a default export.
const robotsParser = robotsParserModule as unknown as (
  url: string,
  text: string,
) => { isAllowed(url: string, userAgent: string): boolean | undefined };

const hour = 3_600_000;
const minute = 60_000;
const maxOrigins = 500;
/** RFC 9309, 2.5: at least 500 KiB must be read; what stands behind them is ignored here. */
const maxRobotsBytes = 500 * 1024;

/** Builds the robots.txt check. `now` in milliseconds, for tests. */
export function createRobots(safeFetch: SafeFetch, options: { userAgent: string; now?: () => number }): Robots {
  // A clock that is put back must not keep an answer for a year.
  const now = options.now ?? (() => performance.now());
  // Rules are matched against the product token alone, "blog-poster" of "blog-poster/1.0 (+https://...)".
  const token = /^[A-Za-z_-]+/.exec(options.userAgent)?.[0] ?? '*';
  const cache = new Map<string, { rules: Promise<Rules>; until: number }>();

  async function load(origin: string): Promise<{ rules: Rules; lifetime: number }> {
    const address = `${origin}/robots.txt`;
    let answer: Awaited<ReturnType<SafeFetch>>;
    try {
      answer = await safeFetch(address, {
        timeoutMs: 10_000,
        maxBytes: 4 * maxRobotsBytes,
        headers: { accept: 'text/plain' },
      });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'fetch_too_large') return { rules: () => false, lifetime: minute };
      // Forbidden all the same, but with the true reason: nobody should look for a rule that does not exist.
      const forbid: Rules = () => {
        throw error;
      };
      return { rules: forbid, lifetime: minute };
    }
    if (answer.status >= 500 || answer.status === 429) return { rules: () => false, lifetime: minute };
    if (answer.status < 200 || answer.status > 299) return { rules: () => true, lifetime: hour };
    const text = new TextDecoder().decode(wholeLines(answer.body));
    const parsed = robotsParser(address, text);
    return { rules: (url) => parsed.isAllowed(url, token) !== false, lifetime: hour };
  }

  function rulesOf(origin: string): Promise<Rules> {
    const known = cache.get(origin);
    if (known !== undefined && known.until > now()) return known.rules;
    cache.delete(origin);
    // The entry is set before the answer is there: pages asked for at the same time share one request.
    const entry = { rules: Promise.resolve<Rules>(() => false), until: now() + hour };
    entry.rules = load(origin).then(({ rules, lifetime }) => {
      entry.until = now() + lifetime;
      return rules;
    });
    entry.rules.catch(() => cache.delete(origin));
    cache.set(origin, entry);
    if (cache.size > maxOrigins) cache.delete(cache.keys().next().value ?? origin);
    return entry.rules;
  }

  return {
    async allowed(url) {
      const target = new URL(url);
      return (await rulesOf(target.origin))(target.href);
    },
  };
}

/** The first 500 KiB, up to the last line that is complete: half a rule would forbid or allow something else. */
function wholeLines(body: Uint8Array): Uint8Array {
  if (body.byteLength <= maxRobotsBytes) return body;
  return body.subarray(0, body.lastIndexOf(0x0a, maxRobotsBytes) + 1);
}
