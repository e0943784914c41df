import { Readable } from 'node:stream';
import { Zip, ZipDeflate } from 'fflate';

/** One file of an archive. */
export type ExportFile = { name: string } & ({ text: string } | { bytes: Uint8Array });

/**
 * A zip archive as a stream: each file is read, packed and sent before the next one is read, so that an account of any
 * size needs the memory of its largest file only. An error of `files` ends the stream with it, and the archive is then
 * visibly cut short.
 */
export function zipStream(files: AsyncIterable<ExportFile>): Readable {
  return Readable.from(pack(files));
}

async function* pack(files: AsyncIterable<ExportFile>): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    else ready.push(chunk);
  });
  const take = () => {
    if (failure) throw failure;
    const chunks = ready;
    ready = [];
    return chunks;
  };
  for await (const file of files) {
    const entry = new ZipDeflate(file.name, { level: 6 });
    zip.add(entry);
    entry.push('bytes' in file ? file.bytes : new TextEncoder().encode(file.text), true);
    yield* take();
  }
  zip.end();
  yield* take();
}
