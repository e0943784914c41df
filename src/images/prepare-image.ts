import sharp, { type Sharp, type SharpOptions } from 'sharp';
import type { ImageType } from './schema.ts';
import { sniffImage } from './sniff-image.ts';

/** An image as it is kept. For an animation the measures of one frame. */
export interface PreparedImage {
  data: Uint8Array;
  mime: ImageType;
  width: number;
  height: number;
}

/** Why bytes are not kept as an image. */
export type ImageFault = 'not_an_image' | 'broken' | 'too_many_pixels' | 'too_many_frames';

/** In pixels; what is larger is made smaller. No blog shows more. */
export const longestSide = 2560;
/** Of a picture before it is made smaller: 40 million take 160 MB to turn. */
export const mostPixels = 40_000_000;
/** Of all frames of an animation together. */
export const mostFramePixels = 30_000_000;
export const mostFrames = 300;
/** A PNG that is larger is a photograph, and becomes a JPEG, or WebP if something of it is transparent. */
const mostPngBytes = 4_000_000;

/**
 * Takes an image apart and puts it together again: what is kept holds pixels and nothing else. So no place where it was
 * taken (EXIF, GPS), no comment and nothing behind its end survives; it is turned as the camera meant it and made smaller
 * where it is larger than {@link longestSide}. The type is what the bytes say. Only in the process for images.
 */
export async function prepareImage(data: Uint8Array): Promise<PreparedImage | { fault: ImageFault }> {
  const type = sniffImage(data);
  if (!type) return { fault: 'not_an_image' };
  try {
    const options: SharpOptions = { failOn: 'truncated', limitInputPixels: mostPixels };
    const head = await sharp(data, { ...options, limitInputPixels: false }).metadata();
    if (head.width * head.height > mostPixels) return { fault: 'too_many_pixels' };
    const frames = head.pages ?? 1;
    if (frames > mostFrames) return { fault: 'too_many_frames' };
    if (frames > 1 && head.width * head.height * frames > mostFramePixels) return { fault: 'too_many_frames' };
    const animated = frames > 1 && (type === 'image/gif' || type === 'image/webp');
    const picture = sharp(data, { ...options, animated })
      .autoOrient()
      .resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true });
    return await encode(picture, type, head.hasAlpha);
  } catch {
    // What the library says about strangers' bytes is for its authors; which of them is wrong helps nobody.
    return { fault: 'broken' };
  }
}

async function encode(picture: Sharp, type: ImageType, transparent: boolean): Promise<PreparedImage> {
  const first = await finish(picture.clone(), type);
  if (type !== 'image/png' || first.data.length <= mostPngBytes) return first;
  return finish(picture, transparent ? 'image/webp' : 'image/jpeg');
}

async function finish(picture: Sharp, mime: ImageType): Promise<PreparedImage> {
  const { data, info } = await as(picture, mime).toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), mime, width: info.width, height: info.pageHeight ?? info.height };
}

function as(picture: Sharp, mime: ImageType): Sharp {
  switch (mime) {
    case 'image/jpeg':
      return picture.jpeg({ quality: 88 });
    case 'image/png':
      return picture.png({ compressionLevel: 9 });
    case 'image/webp':
      return picture.webp({ quality: 88 });
    case 'image/gif':
      return picture.gif();
  }
}
