import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { importedKinds } from '../export/import-archive.ts';
import { type Io, print } from './io.ts';
import { createProgress } from './progress.ts';
import { openSession } from './session.ts';

const countSchema = z.object({ taken: z.number(), here: z.number(), left: z.number() });
const answerSchema = z.object({
  counts: z.record(z.enum(importedKinds), countSchema),
  sites: z.array(z.object({ id: z.string(), name: z.string() })),
  stopped: z.number(),
  unproven: z.number(),
});
type Answer = z.infer<typeof answerSchema>;

/** Takes the archive of an account on another instance into one of this, whole or not at all. */
export async function importArchiveCommand(
  io: Io,
  file: string,
  options: { account?: string; json?: boolean },
): Promise<number> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) {
    throw new AppError('invalid_request', `There is no file at ${file}.`, {
      hint: 'Name the zip that blog-poster export has written.',
    });
  }
  const archive = await openAsBlob(file);
  const session = await openSession(io, { work: false, account: options.account });
  const progress = createProgress(io.stderr);
  let answer: Answer;
  try {
    progress.step('Taking it over');
    answer = await session.api.upload('/me/import', archive, 'application/zip', answerSchema);
  } finally {
    progress.end();
    await session.close();
  }
  print(io, options.json, answer, () => reportOf(answer));
  return 0;
}

function reportOf({ counts, sites, stopped, unproven }: Answer): string[] {
  const lines = importedKinds.flatMap((kind) => {
    const { taken, here, left } = counts[kind];
    if (taken + here + left === 0) return [];
    const more = [...(here > 0 ? [`${here} were here already`] : []), ...(left > 0 ? [`${left} were left out`] : [])];
    return [`${kind.replace('_', ' ')}: ${[`${taken} taken over`, ...more].join(', ')}`];
  });
  return [
    ...(lines.length === 0 ? ['The archive is that of an empty account.'] : lines),
    ...(stopped > 0
      ? [
          `${stopped} publications were waiting and are stopped: publish these articles again if you want them sent from here.`,
        ]
      : []),
    ...(unproven > 0
      ? [`${unproven} claims are no longer called proven: their quotes do not stand in their sources.`]
      : []),
    ...(sites.length > 0
      ? [
          `Connect these sites again, their passwords did not come along: ${sites.map(({ name }) => name).join(', ')}.`,
          'Until then nothing is sent there. Schedules, watched sources and webhooks are paused.',
        ]
      : []),
  ];
}
