import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { WordPressClient } from './client.ts';
import { nothingToDo, type SiteFinding } from './finding.ts';
import { deleteMedia, findMedia, mediaMarker, uploadMedia } from './media.ts';
import { siteCauseOf } from './site-error.ts';

/** One transparent pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
/** Milliseconds before each look for an upload whose answer was lost: the site may still be at it. */
const lookAfterMs = [0, 1_000, 3_000];

type Client = Pick<WordPressClient, 'call'>;

/**
 * Uploads an image of one pixel and deletes it for good at once. An upload whose answer was lost is looked for by its
 * marker and deleted as well; what could not be deleted is told.
 */
export async function tryUpload(client: Client, waitMs: readonly number[] = lookAfterMs): Promise<SiteFinding> {
  const marker = mediaMarker(crypto.randomUUID());
  const image = { marker, name: 'blog-poster-trial', mime: 'image/png', data: pixel, title: 'blog-poster trial' };
  let refusal: AppError | undefined;
  try {
    await uploadMedia(client, { ...image, alt: '', caption: '' });
  } catch (error) {
    refusal = ofSite(error);
  }
  const lost = refusal !== undefined && refusal.details?.mayHaveHappened !== false;
  const gone = await removeAll(client, marker, lost ? waitMs : refusal ? [] : [0], lost);
  if (!gone) {
    return {
      code: 'upload_left',
      severity: 'warning',
      message: `The trial image may still be in the media library of the site: ${marker}.`,
      hint: 'Look for blog-poster-trial in the media library and delete it there.',
    };
  }
  if (!refusal) {
    const message = 'A trial image was uploaded and deleted again.';
    return { code: 'upload_works', severity: 'info', message, hint: nothingToDo };
  }
  const cause = siteCauseOf(refusal);
  const forbidden = cause === 'role_insufficient' || cause === 'credentials_rejected';
  const code = forbidden ? 'may_not_upload' : cause === 'rejected' ? 'upload_refused' : (cause ?? 'upload_refused');
  const hint = forbidden ? 'Let the user upload files on the site, or publish without images.' : refusal.hint;
  return { code, severity: 'warning', message: `A trial image was refused: ${refusal.message}`, hint };
}

/** Deletes what carries the marker; false when something of it is, or may be, still there. */
async function removeAll(client: Client, marker: string, waitMs: readonly number[], lost: boolean): Promise<boolean> {
  let found = 0;
  for (const wait of waitMs) {
    if (wait > 0) await pause(wait);
    try {
      const media = await findMedia(client, marker);
      found += media.length;
      for (const { id } of media) await remove(client, marker, id);
      if (found > 0) return true;
    } catch (error) {
      ofSite(error);
      if (!lost) return false;
    }
  }
  // An upload that was answered and is not there is gone; one that was not answered may still come.
  return found > 0 || !lost;
}

/** A deletion whose answer was lost is done when the image is no longer found; else it is asked for once more. */
async function remove(client: Client, marker: string, id: number): Promise<void> {
  try {
    await deleteMedia(client, id);
  } catch (error) {
    ofSite(error);
    if ((await findMedia(client, marker)).some((media) => media.id === id)) await deleteMedia(client, id);
  }
}

/** An error of the site; anything else is thrown on. */
function ofSite(error: unknown): AppError {
  if (!(error instanceof AppError) || siteCauseOf(error) === undefined) throw error;
  return error;
}
