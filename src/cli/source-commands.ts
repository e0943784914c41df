import { z } from 'zod';
import { AppError } from '../errors.ts';
import { watchedSourceSchema } from '../watching/present.ts';
import type { Api } from './api.ts';
import { clip, type Io, print, table } from './io.ts';
import { siteIdOf, withApi } from './topic-commands.ts';

interface Options {
  account?: string;
  json?: boolean;
}
type Source = z.infer<typeof watchedSourceSchema>;

const sourcePage = z.object({ items: z.array(watchedSourceSchema), nextCursor: z.string().nullable() });

/** Prints the watched sources, newest first. */
export function listSources(io: Io, options: Options): Promise<number> {
  return withApi(io, options, async (api) => {
    const page = await api.request('GET', '/sources?limit=100', sourcePage);
    print(io, options.json, page, () =>
      page.items.length === 0
        ? ['No sources are watched yet. Watch a feed or a site: source add https://example.com']
        : [
            ...table(
              ['ID', 'STATE', 'KIND', 'POSTS', 'PROPOSED', 'NAME', 'ADDRESS'],
              page.items.map((one) => [
                ...[one.id, one.state, one.kind, String(one.entries), String(one.proposed)],
                ...[clip(one.name, 40), one.url],
              ]),
            ),
            ...page.items.flatMap(({ name, problem }) =>
              problem ? [`${name}: ${problem.message} ${problem.hint}`] : [],
            ),
          ],
    );
    return 0;
  });
}

/** Watches a feed or a site. */
export function addSource(io: Io, url: string, options: Options & { name?: string; site?: string }): Promise<number> {
  return withApi(io, options, async (api) => {
    const siteId = await siteIdOf(api, options.site);
    const source = await api.request('POST', '/sources', watchedSourceSchema, { url, name: options.name, siteId });
    print(io, options.json, source, () => [
      `“${source.name}” is watched as a ${source.kind} (${source.id}): its newest posts are read first.`,
    ]);
    return 0;
  });
}

/** Has a source read now. */
export function checkSource(io: Io, id: string, options: Options): Promise<number> {
  return changed(
    io,
    id,
    options,
    (api, path) => api.request('POST', `${path}/check`, watchedSourceSchema),
    'is read now',
  );
}

/** Pauses a source, or lets it go on. */
export function pauseSource(io: Io, id: string, options: Options & { resume?: boolean }): Promise<number> {
  const paused = options.resume !== true;
  return changed(
    io,
    id,
    options,
    (api, path) => api.request('PATCH', path, watchedSourceSchema, { paused }),
    paused ? 'is paused' : 'goes on',
  );
}

/** Stops watching a source. */
export function deleteSource(io: Io, id: string, options: Options): Promise<number> {
  const remove = async (api: Api, path: string) => {
    const source = await api.request('GET', path, watchedSourceSchema);
    await api.request('DELETE', path, z.null());
    return source;
  };
  return changed(io, id, options, remove, 'is watched no more; what it proposed stays');
}

async function changed(
  io: Io,
  id: string,
  options: Options,
  work: (api: Api, path: string) => Promise<Source>,
  became: string,
): Promise<number> {
  if (!z.uuid().safeParse(id).success) throw noSource(id);
  return withApi(io, options, async (api) => {
    try {
      const source = await work(api, `/sources/${id}`);
      print(io, options.json, source, () => [`“${source.name}” ${became}.`]);
      return 0;
    } catch (error) {
      throw error instanceof AppError && error.code === 'not_found' ? noSource(id) : error;
    }
  });
}

function noSource(id: string): AppError {
  return new AppError('not_found', `There is no source "${id}".`, { hint: 'List them with their ids: source list' });
}
