import type { SourceDraft } from './draft.ts';
import { newSourceId } from './source-id.ts';

const formats: Record<string, 'markdown' | 'html' | 'text'> = {
  md: 'markdown',
  markdown: 'markdown',
  html: 'html',
  htm: 'html',
  txt: 'text',
};

/** For the file picker. */
export const acceptedFiles = Object.keys(formats)
  .map((ending) => `.${ending}`)
  .join(',');
const maxFileBytes = 900_000;

/** Why a file was not taken. */
export interface RefusedFile {
  name: string;
  reason: 'type' | 'size' | 'empty';
}

/** Reads dropped or picked files in the browser; nothing is sent anywhere yet. */
export async function readFiles(files: Iterable<File>): Promise<{ sources: SourceDraft[]; refused: RefusedFile[] }> {
  const sources: SourceDraft[] = [];
  const refused: RefusedFile[] = [];
  for (const file of files) {
    const format = formats[file.name.split('.').at(-1)?.toLowerCase() ?? ''];
    const text = format && file.size <= maxFileBytes ? await file.text() : '';
    if (!format) refused.push({ name: file.name, reason: 'type' });
    else if (file.size > maxFileBytes) refused.push({ name: file.name, reason: 'size' });
    else if (!text.trim()) refused.push({ name: file.name, reason: 'empty' });
    else sources.push({ id: newSourceId(), kind: 'text', title: file.name, text, format });
  }
  return { sources, refused };
}
