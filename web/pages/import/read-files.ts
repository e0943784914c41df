import { type GivenDocument, splitList } from '../../../src/import/split-list.ts';

/** An article on its way in, with how it is written. */
export interface WaitingDocument extends GivenDocument {
  format: 'json' | 'markdown';
}

/** The articles in chosen files, and which of the files hold none. */
export interface ReadFiles {
  documents: WaitingDocument[];
  /** Files that are neither JSON nor Markdown. */
  ignored: number;
  /** Names of files in which an article is larger than the server takes. */
  tooLarge: string[];
}

/** What one article may have with everything around it, in characters; the server's own limit of a text is lower. */
const mostCharacters = 2_000_000;
/** A list of articles larger than this would fill the memory of a phone, in bytes. */
const mostBytes = 200_000_000;

/** Reads files one after the other, by what their names end in. */
export async function readFiles(files: Iterable<File>): Promise<ReadFiles> {
  const result: ReadFiles = { documents: [], ignored: 0, tooLarge: [] };
  for (const file of files) {
    const format = /\.json$/i.test(file.name)
      ? 'json'
      : /\.(?:md|markdown|mdown)$/i.test(file.name)
        ? 'markdown'
        : null;
    if (format === null) {
      result.ignored += 1;
      continue;
    }
    if (file.size > mostBytes) {
      result.tooLarge.push(file.name);
      continue;
    }
    const given = { name: file.webkitRelativePath || file.name, text: await file.text() };
    for (const document of format === 'json' ? splitList(given) : [given]) {
      if (document.text.length > mostCharacters) result.tooLarge.push(document.name);
      else result.documents.push({ ...document, format });
    }
  }
  return result;
}

/** Documents in parts of one format, each as large as one request should be. */
export function inBatches(documents: WaitingDocument[], most = 20, characters = 1_000_000): WaitingDocument[][] {
  const batches: WaitingDocument[][] = [];
  let size = 0;
  for (const document of documents) {
    const last = batches.at(-1);
    const fits = last && last.length < most && size + document.text.length <= characters;
    if (fits && last[0]?.format === document.format) {
      last.push(document);
      size += document.text.length;
    } else {
      batches.push([document]);
      size = document.text.length;
    }
  }
  return batches;
}
