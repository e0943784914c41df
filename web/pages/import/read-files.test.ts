import { expect, it } from 'vitest';
import { inBatches, readFiles, type WaitingDocument } from './read-files.ts';

const file = (name: string, text: string) => new File([text], name);

it('takes lists apart, leaves out what is no article, and keeps what cannot be read for the server to say so', async () => {
  const read = await readFiles([
    file('all.json', JSON.stringify([{ title: 'a' }, { title: 'b' }])),
    file('wrapped.JSON', JSON.stringify({ articles: [{ title: 'c' }] })),
    file('broken.json', '{'),
    file('post.md', '# Post'),
    file('photo.jpg', '…'),
    file('huge.md', 'x'.repeat(2_000_001)),
  ]);
  expect(read.documents).toEqual([
    { name: 'all.json, article 1', text: '{"title":"a"}', format: 'json' },
    { name: 'all.json, article 2', text: '{"title":"b"}', format: 'json' },
    { name: 'wrapped.JSON, article 1', text: '{"title":"c"}', format: 'json' },
    { name: 'broken.json', text: '{', format: 'json' },
    { name: 'post.md', text: '# Post', format: 'markdown' },
  ]);
  expect(read).toMatchObject({ ignored: 1, tooLarge: ['huge.md'] });
});

it('sends parts of one format that are neither too many nor too large', () => {
  const document = (name: string, format: WaitingDocument['format'], length = 1) => ({
    name,
    format,
    text: 'x'.repeat(length),
  });
  const list = [
    document('1', 'json'),
    document('2', 'json'),
    document('3', 'json'),
    document('4', 'markdown'),
    document('5', 'markdown', 90),
    document('6', 'markdown', 200),
  ];
  const names = inBatches(list, 2, 91).map((batch) => batch.map(({ name }) => name).join(''));
  expect(names).toEqual(['12', '3', '45', '6']);
});
