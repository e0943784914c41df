import { z } from 'zod';
import { AppError } from '../errors.ts';
import { siteCheckSchema, siteSchema } from '../sites/present.ts';
import type { Api } from './api.ts';
import { type Io, print, table } from './io.ts';
import { askHidden, readAll } from './password.ts';
import { openSession } from './session.ts';

export type SiteAnswer = z.infer<typeof siteSchema>;
type SiteCheckAnswer = z.infer<typeof siteCheckSchema>;

const page = z.object({ items: z.array(siteSchema), nextCursor: z.string().nullable() });

/** All sites, newest first. */
export async function allSites(api: Pick<Api, 'request'>): Promise<SiteAnswer[]> {
  const sites: SiteAnswer[] = [];
  let cursor: string | null = null;
  do {
    const next: z.infer<typeof page> = await api.request(
      'GET',
      `/sites?limit=100${cursor ? `&cursor=${cursor}` : ''}`,
      page,
    );
    sites.push(...next.items);
    cursor = next.nextCursor;
  } while (cursor);
  return sites;
}

/** The site that a person means: by its name in any case, its address or its id. Throws `not_found` and names what there is. */
export async function findSite(api: Api, wanted: string): Promise<SiteAnswer> {
  const sites = await allSites(api);
  const key = wanted.trim().toLowerCase().replace(/\/$/, '');
  const found = sites.find((site) =>
    [site.name, site.url.replace(/\/$/, ''), site.id].some((part) => part.toLowerCase() === key),
  );
  if (found) return found;
  const names = sites.map((site) => site.name).join(', ');
  throw new AppError('not_found', `There is no site "${wanted}".`, {
    hint: names ? `There are: ${names}.` : 'Add one first: site add https://blog.example.com --username NAME',
  });
}

/** Adds a site, or renews the password of the one that it is already, and says what its check found. Exit status 1 when nothing can be delivered to it. */
export async function addSite(
  io: Io,
  url: string,
  options: { username: string; name?: string; passwordStdin?: boolean; account?: string; json?: boolean },
): Promise<number> {
  const applicationPassword = (
    options.passwordStdin
      ? await readAll(io.stdin)
      : await askHidden(io, `Application Password of ${options.username}: `)
  ).trim();
  if (!applicationPassword) throw new AppError('invalid_request', 'The Application Password is empty.');
  const session = await openSession(io, { work: false, account: options.account });
  try {
    const name = options.name ?? (URL.canParse(url) ? new URL(url).host : url);
    const site = await session.api.request('POST', '/sites', siteSchema.extend({ renewed: z.boolean() }), {
      name,
      url,
      username: options.username,
      applicationPassword,
    });
    print(io, options.json, site, () => [
      site.renewed
        ? `${site.name} (${site.url}) was connected with ${site.username} already: it has the new password now.`
        : `Added ${site.name} (${site.url}).`,
      ...findingLines(site.lastCheck),
    ]);
    return site.lastCheck?.ok === false ? 1 : 0;
  } finally {
    await session.close();
  }
}

/** Prints the sites with the outcome of their last check. */
export async function listSites(io: Io, options: { account?: string; json?: boolean }): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  try {
    const sites = await allSites(session.api);
    print(io, options.json, { items: sites }, () =>
      sites.length === 0
        ? ['No sites yet. Add one: site add https://blog.example.com --username NAME']
        : table(
            ['NAME', 'ADDRESS', 'USER', 'LAST CHECK'],
            sites.map((site) => [site.name, site.url, site.username, lastCheck(site)]),
          ),
    );
    return 0;
  } finally {
    await session.close();
  }
}

/** Checks one site, or all of them, on request with a trial upload. Exit status 1 when nothing can be delivered to one. */
export async function checkSites(
  io: Io,
  name: string | undefined,
  options: { tryUpload?: boolean; account?: string; json?: boolean },
): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  const request = options.tryUpload ? { tryUpload: true } : undefined;
  try {
    const sites = name === undefined ? await allSites(session.api) : [await findSite(session.api, name)];
    const checks: (SiteCheckAnswer & { site: string })[] = [];
    for (const site of sites) {
      checks.push({
        site: site.name,
        ...(await session.api.request('POST', `/sites/${site.id}/check`, siteCheckSchema, request)),
      });
    }
    print(io, options.json, { items: checks }, () =>
      checks.length === 0
        ? ['No sites to check.']
        : checks.flatMap((check) => [`${check.site}:`, ...findingLines(check)]),
    );
    return checks.every((check) => check.ok) ? 0 : 1;
  } finally {
    await session.close();
  }
}

/** What a check found, a line each, with what to do. */
export function findingLines(check: SiteCheckAnswer | null): string[] {
  if (!check) return ['  not checked yet'];
  return check.findings.flatMap((finding) => [
    `  ${finding.severity.padEnd(7)} ${finding.message}`,
    ...(finding.severity === 'info' ? [] : [`          ${finding.hint}`]),
    ...(finding.lines ?? []).map((line) => `            ${line}`),
  ]);
}

function lastCheck(site: SiteAnswer): string {
  if (!site.lastCheck) return 'never';
  return `${site.lastCheck.ok ? 'ok' : 'failed'}, ${site.lastCheckedAt ?? 'time unknown'}`;
}
