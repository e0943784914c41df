import robotsParserModule from 'robots-parser';

// The package is CommonJS with a function as its export; its types describe an ES module with a default export.
const robotsParser = robotsParserModule as unknown as (
  url: string,
  text: string,
) => { isAllowed(url: string, userAgent: string): boolean | undefined; getSitemaps(): string[] };

/** A robots.txt and a page to ask it about. */
export interface RobotsQuestion {
  /** Where the robots.txt stands. */
  address: string;
  text: string;
  url: string;
  /** The product token that rules are matched against: "blog-poster". */
  token: string;
}

/**
 * Whether the rules let the robot read the page, and the sitemaps that the file names. Some files take the library
 * minutes or gigabytes (18,000 names before 20,000 rules; patterns of stars), so this runs in a process that can be
 * killed.
 */
export function followsRobots({ address, text, url, token }: RobotsQuestion): { allowed: boolean; sitemaps: string[] } {
  const rules = robotsParser(address, text);
  return { allowed: rules.isAllowed(url, token) !== false, sitemaps: rules.getSitemaps().slice(0, 20) };
}
