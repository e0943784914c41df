import type { AppContext } from '../context.ts';
import { baseLanguage, detectLanguage } from '../text/language.ts';
import type { Topic } from './choose-entries.ts';
import type { ExtractedDocument } from './extract.ts';
import type { SourceProblem } from './source-problem.ts';
import type { ReadDocument } from './store.ts';

/** What became of one requested source: the documents it led to (a feed leads to several), and what went wrong. */
export interface Gathered {
  documents: ReadDocument[];
  problems: SourceProblem[];
}

/** The parts of the application that reading a source needs. */
export type GatherContext = Pick<AppContext, 'safeFetch' | 'robots' | 'extractor' | 'log'>;

/** One source being read, and what for. */
export interface Gathering {
  ctx: GatherContext;
  signal: AbortSignal;
  topic: Topic | null;
  log(message: string): Promise<void>;
}

/** Adds the language: of the text itself, because pages often declare the wrong one. */
export async function toRead(
  kind: ReadDocument['kind'],
  url: string | null,
  document: ExtractedDocument,
): Promise<ReadDocument> {
  const sample = document.blocks
    .filter((block) => block.kind === 'paragraph' || block.kind === 'list-item')
    .map((block) => block.text)
    .join(' ')
    .slice(0, 5_000);
  return { kind, url, document, language: (await detectLanguage(sample)) ?? baseLanguage(document.language) };
}
