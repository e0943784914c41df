import { AppError } from '../errors.ts';
import { entryBeside, IsolatedWorker, IsolatedWorkerError, inProcess } from '../knowledge/isolated-worker.ts';
import type { CardInput } from './card/compose-card.ts';
import type { ImageAnswer, ImageCall } from './image-tasks.ts';
import {
  type ImageFault,
  longestSide,
  mostFramePixels,
  mostFrames,
  mostPixels,
  type PreparedImage,
} from './prepare-image.ts';

/** Draws and re-encodes images in a process of its own: strangers' bytes and the fonts stay out of this one. */
export interface Imaging {
  /** Draws a title card as PNG. */
  card(input: CardInput): Promise<PreparedImage>;
  /** Makes of an image what may be kept. @throws AppError image_refused when it is none, broken or too large */
  prepare(data: Uint8Array): Promise<PreparedImage>;
  /** A smaller WebP of an image that is kept. */
  thumbnail(data: Uint8Array, width: number): Promise<PreparedImage>;
  /** Ends the process. */
  close(): Promise<void>;
}

const timeoutMs = 30_000;
/** Short, because the memory of fonts and pixels is given back only by its end. */
const idleMs = 20_000;

/** Builds the imaging; its process starts with the first call and ends when there was none for a while. */
export function createImaging(): Imaging {
  const worker = new IsolatedWorker<ImageCall, ImageAnswer>(
    inProcess(entryBeside('image-worker', import.meta.url), { maxHeapMb: 128 }),
    { idleMs },
  );
  async function call(message: ImageCall): Promise<PreparedImage> {
    try {
      const answer = await worker.call(message, timeoutMs);
      if ('fault' in answer) throw refused(answer.fault);
      return answer;
    } catch (error) {
      throw explain(error, message.task === 'card');
    }
  }
  return {
    card: (input) => call({ task: 'card', input }),
    prepare: (data) => call({ task: 'prepare', input: { data } }),
    thumbnail: (data, width) => call({ task: 'thumbnail', input: { data, width } }),
    close: () => worker.close(),
  };
}

function explain(error: unknown, ours: boolean): unknown {
  if (!(error instanceof IsolatedWorkerError)) return error;
  if (error.reason === 'closed') {
    return new AppError('shutting_down', 'The image was not made because blog-poster is stopping.', { cause: error });
  }
  // A card is drawn from a title that was checked: whatever goes wrong there is our fault.
  if (ours) return error;
  return refused(error.reason === 'timeout' || error.reason === 'memory' ? 'too_many_pixels' : 'broken', error);
}

const millions = (count: number) => `${count / 1_000_000} million`;
const faults: Record<ImageFault, [message: string, hint?: string]> = {
  not_an_image: ['The file is no PNG, JPEG, WebP or GIF.', 'Save the picture as PNG or JPEG and send that.'],
  broken: ['The image is broken or not complete.', 'Open it in an image editor, save it anew and send that.'],
  too_many_pixels: [
    `The image has more pixels than are read: ${millions(mostPixels)}.`,
    `Make it smaller: at most ${longestSide} pixels wide or high are kept.`,
  ],
  too_many_frames: [
    `The animation is too long: more than ${mostFrames} frames, or ${millions(mostFramePixels)} pixels in all of them.`,
    'Shorten it or make it smaller.',
  ],
};

function refused(fault: ImageFault, cause?: unknown): AppError {
  const [message, hint] = faults[fault];
  return new AppError('image_refused', message, { ...(hint ? { hint } : {}), cause, details: { fault } });
}
