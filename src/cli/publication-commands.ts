import { z } from 'zod';
import { publicationSchema } from '../publishing/present.ts';
import type { Api } from './api.ts';
import { type Io, print } from './io.ts';
import { describePublication } from './publication.ts';
import { openSession } from './session.ts';

interface Options {
  account?: string;
  json?: boolean;
}

const shownSchema = z.object({ articleRevision: z.int(), theirsModified: z.string().nullable() });

/** Asks for what a publication's post is to become, and says how it stands then. A server's workers do the work. */
async function act(
  io: Io,
  { account, json }: Options,
  ask: (api: Api) => Promise<z.infer<typeof publicationSchema>>,
): Promise<number> {
  const session = await openSession(io, { work: false, account });
  try {
    const publication = await ask(session.api);
    print(io, json, publication, () => [`${publication.id}  ${describePublication(publication)}`]);
    return 0;
  } finally {
    await session.close();
  }
}

/** `publication update`: brings the post up to date with its article. */
export const updatePublication = (io: Io, id: string, options: Options) =>
  act(io, options, (api) => api.request('POST', `/publications/${encodeURIComponent(id)}/update`, publicationSchema));

/** `publication unpublish`: takes the post back to a draft. */
export const unpublishPublication = (io: Io, id: string, options: Options) =>
  act(io, options, (api) =>
    api.request('POST', `/publications/${encodeURIComponent(id)}/unpublish`, publicationSchema),
  );

/** `publication trash`: puts the post into the site's trash. */
export const trashPublication = (io: Io, id: string, options: Options & { evenIfEdited?: boolean }) =>
  act(io, options, (api) =>
    api.request('POST', `/publications/${encodeURIComponent(id)}/trash`, publicationSchema, {
      evenIfEdited: options.evenIfEdited ?? false,
    }),
  );

/** `publication resolve`: decides a conflict as it stands at this moment. */
export const resolvePublication = (io: Io, id: string, choice: string, options: Options & { text?: string }) =>
  act(io, options, async (api) => {
    const path = `/publications/${encodeURIComponent(id)}`;
    const shown = await api.request('GET', `${path}/conflict`, shownSchema);
    const markdown = options.text === undefined ? {} : { markdown: await readText(options.text) };
    return api.request('POST', `${path}/resolve`, publicationSchema, { choice, ...shown, ...markdown });
  });

async function readText(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(file, 'utf8');
}
