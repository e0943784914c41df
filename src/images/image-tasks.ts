import sharp, { type OutputInfo } from 'sharp';
import { type CardInput, composeCard } from './card/compose-card.ts';
import { type ImageFault, type PreparedImage, prepareImage } from './prepare-image.ts';
import type { ImageType } from './schema.ts';

/** What the process for images can be asked to do. */
export type ImageCall =
  | { task: 'card'; input: CardInput }
  | { task: 'prepare'; input: { data: Uint8Array } }
  | { task: 'thumbnail'; input: { data: Uint8Array; width: number } };

/** A refusal is an answer, not an error: an error would lose its class on the way. */
export type ImageAnswer = PreparedImage | { fault: ImageFault };

/** Does what a call asks for. */
export async function runImageTask(call: ImageCall): Promise<ImageAnswer> {
  // One at a time comes in; more threads would only take memory.
  sharp.concurrency(1);
  sharp.cache(false);
  switch (call.task) {
    case 'card':
      return drawCard(call.input);
    case 'prepare':
      return prepareImage(call.input.data);
    case 'thumbnail':
      return thumbnail(call.input);
  }
}

async function drawCard(input: CardInput): Promise<PreparedImage> {
  const { svg } = await composeCard(input);
  // A flat colour and letters: 64 colours are enough, and make it a third as large.
  const png = sharp(Buffer.from(svg)).png({ compressionLevel: 9, palette: true, colours: 64 });
  return finished('image/png', await png.toBuffer({ resolveWithObject: true }));
}

async function thumbnail({ data, width }: { data: Uint8Array; width: number }): Promise<PreparedImage> {
  // Of an animation the first frame.
  const small = sharp(data).resize({ width, withoutEnlargement: true }).webp({ quality: 80 });
  return finished('image/webp', await small.toBuffer({ resolveWithObject: true }));
}

function finished(mime: ImageType, { data, info }: { data: Buffer; info: OutputInfo }): PreparedImage {
  return { data: new Uint8Array(data), mime, width: info.width, height: info.height };
}
