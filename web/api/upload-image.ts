import { client } from './client/client.gen.ts';
import type { Image } from './client/types.gen.ts';
import type { ApiProblem } from './problem.ts';

/** What a file chooser offers. */
export const uploadTypes = 'image/png,image/jpeg,image/webp,image/gif';

/** Sends a file; the generated client only knows bodies that are JSON. Throws {@link ApiProblem}. */
export async function uploadImage(file: File): Promise<Image> {
  const { data } = await client.post<{ 201: Image }, ApiProblem, true>({
    url: '/api/v1/images',
    query: { name: (file.name || 'image').slice(0, 200) },
    body: file,
    bodySerializer: null,
    // What it is, the server sees by its bytes; a type that it knows gets them there.
    headers: {
      'Content-Type': uploadTypes.split(',').includes(file.type) ? file.type : 'application/octet-stream',
      'Idempotency-Key': crypto.randomUUID(),
    },
    throwOnError: true,
  });
  return data;
}
