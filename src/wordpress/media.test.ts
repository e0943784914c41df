import { expect, it } from 'vitest';
import type { CallOptions } from './client.ts';
import { existingMedia, findMedia, mediaMarker, uploadMedia } from './media.ts';

const marker = mediaMarker('0199a3c4-1111-7abc-8def-000000000001');
const file = (id: number, slug: string) => ({ id, slug, source_url: `https://blog.example/${id}.png` });

/** What only an odd site answers; test/services has what real ones do. */
function siteThat(json: unknown) {
  const asked: CallOptions[] = [];
  const call = async (_method: string, _path: string, options: CallOptions = {}) => {
    asked.push(options);
    return { json, headers: new Headers() };
  };
  return { client: { call }, asked };
}

it('takes for its own what carries the marker, the one without a number first, whatever else is listed', async () => {
  const others = [file(1, 'holiday'), file(2, `${marker}-big`), file(3, `${marker}0`), { id: 4, slug: marker }, 'x'];
  const { client } = siteThat([...others, file(5, `${marker}-2`), file(7, marker), file(6, `${marker}-3`)]);
  expect((await findMedia(client, marker)).map(({ id }) => id)).toEqual([7, 5, 6]);
  await expect(findMedia(siteThat({}).client, marker)).rejects.toMatchObject({
    details: { cause: 'answer_incomplete' },
  });
});

it('asks for all files at once, and takes only those for there that were asked for', async () => {
  const ids = Array.from({ length: 25 }, (_, index) => index + 1);
  const { client, asked } = siteThat([file(3, 'a'), file(99, 'b'), file(25, 'c')]);
  expect((await existingMedia(client, ids)).map(({ id }) => id)).toEqual([3, 25]);
  expect(asked).toHaveLength(1);
  // WordPress answers ten of them unless it is told how many.
  expect(asked[0]?.parameters).toMatchObject({ include: ids.join(','), per_page: 25 });
  expect(await existingMedia(client, [])).toEqual([]);
  expect(asked).toHaveLength(1);
});

it.each([[file(1, 'holiday')], [{ id: 1, slug: marker, source_url: 'javascript:alert(1)' }], [[]], ['thanks']])(
  'does not believe that %j is the file that was uploaded, nor that there is none',
  async (answer) => {
    const image = { marker, name: 'Über.JPG', mime: 'image/jpeg', data: new Uint8Array([1]), title: 't', alt: 'a' };
    const { client, asked } = siteThat(answer);
    await expect(uploadMedia(client, { ...image, caption: 'c' })).rejects.toMatchObject({
      details: { cause: 'answer_incomplete', mayHaveHappened: true },
    });
    expect(Buffer.from(asked[0]?.raw?.bytes ?? '').toString()).toContain('filename="u-ber.jpg"');
  },
);
