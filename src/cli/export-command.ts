import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../errors.ts';
import { type Io, print } from './io.ts';
import { openSession } from './session.ts';

/** Writes everything of an account into a zip. The file appears under its name only when it is whole. */
export async function exportCommand(
  io: Io,
  options: { account?: string; json?: boolean; out?: string },
): Promise<number> {
  const file = options.out ?? `blog-poster-${new Date().toISOString().slice(0, 10)}.zip`;
  const found = await stat(file).catch(() => null);
  if (found) {
    throw new AppError('invalid_request', `There is something at ${file} already.`, {
      hint: 'Name another file with --out, or move that one away.',
    });
  }
  const part = `${file}.part`;
  const session = await openSession(io, { work: false, account: options.account });
  try {
    await pipeline(Readable.fromWeb(await session.api.download('/me/export')), createWriteStream(part));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await session.close();
  }
  const { size } = await stat(file);
  print(io, options.json, { file, bytes: size }, () => [
    `${file}: ${(size / 1_000_000).toFixed(1)} MB. Passwords, keys and tokens are not in it.`,
  ]);
  return 0;
}
