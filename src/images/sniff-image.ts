import type { ImageType } from './schema.ts';

/** What the first bytes say it is, among the types that are kept. */
export function sniffImage(data: Uint8Array): ImageType | null {
  const text = (from: number, to: number) => String.fromCharCode(...data.subarray(from, to));
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  if (data[0] === 0xff && data[1] === 0xd8 && data[2] === 0xff) return 'image/jpeg';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'image/webp';
  return ['GIF87a', 'GIF89a'].includes(text(0, 6)) ? 'image/gif' : null;
}
