import { AppError } from '../errors.ts';
import type { WebSearch } from '../web-search/web-search.ts';
import type { Finding } from './doctor.ts';

/** Asks every search provider whether it can be used, at no cost. A provider that cannot be is a warning while another can. */
export async function inspectSearch(webSearch: WebSearch): Promise<Finding[]> {
  const { providers } = webSearch;
  if (providers.length === 0) {
    return [
      {
        check: 'search',
        severity: 'ok',
        message: 'none configured: every article needs sources of its own',
        hint: 'To let blog-poster look for sources, set SEARCH_URL (a SearXNG instance), BRAVE_API_KEY or TAVILY_API_KEY.',
      },
    ];
  }
  const findings = await Promise.all(
    providers.map(async (provider): Promise<Finding> => {
      try {
        // The provider has a time limit of its own.
        const message = `${provider.title} ${await provider.check(new AbortController().signal)}`;
        return { check: 'search', severity: 'ok', message };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { check: 'search', severity: 'problem', message: error.message, hint: error.hint };
      }
    }),
  );
  if (!findings.some(({ severity }) => severity === 'ok')) return findings;
  return findings.map((finding) => (finding.severity === 'ok' ? finding : { ...finding, severity: 'warning' }));
}
