import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSourceFile } from './source-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bp-source-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

it.each([
  [
    'a.md',
    '---\nauthor: x\ntitle: "From the front matter"\n---\n\n# A heading\n\nText.',
    'From the front matter',
    'markdown',
  ],
  ['b.md', 'Before.\n\n# The  first heading #\n\n# Another\n', 'The first heading', 'markdown'],
  ['c.HTML', '<html><title>\n Of the\n page </title><h1>Other</h1></html>', 'Of the page', 'html'],
  ['notes.txt', '# not a heading in plain text', 'notes', 'text'],
  ['no-title.md', 'title: of nothing, this is a sentence', 'no-title', 'markdown'],
])('reads %s with its title and format', (name, text, title, format) => {
  expect(readSourceFile(file(name, text))).toEqual({ title, text, format });
});

it('drops a byte order mark', () => {
  expect(readSourceFile(file('bom.md', '\ufeff# Title\n'))).toMatchObject({ title: 'Title', text: '# Title\n' });
});

it.each([
  ['that is missing', () => join(folder, 'none.md'), 'cannot be read'],
  ['that is a folder', () => folder, 'cannot be read'],
  ['that is empty', () => file('empty.md', ' \n'), 'is empty'],
  ['in another encoding', () => file('latin1.txt', Uint8Array.of(0x66, 0xfc, 0x72)), 'not text in UTF-8'],
  ['that is not text', () => file('image.png', Uint8Array.of(0x89, 0x50, 0, 0)), 'not text in UTF-8'],
  ['that is too large', () => file('large.txt', 'x'.repeat(500_001)), '500001 characters'],
])('refuses a file %s', (_, path, message) => {
  expect(() => readSourceFile(path())).toThrowError(
    expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(message) }),
  );
});
