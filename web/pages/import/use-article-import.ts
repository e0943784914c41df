import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { importArticles } from '@/api/client/sdk.gen.ts';
import type { ImportedArticle } from '@/api/client/types.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { articleImportWords as words } from '@/strings-article-import.ts';
import { inBatches, type ReadFiles, readFiles } from './read-files.ts';

type Phase = 'choosing' | 'looking' | 'looked' | 'importing' | 'stopped' | 'done';

/** Articles on their way in: chosen, looked at, imported in parts; stopped or broken off, it goes on where it was. */
export function useArticleImport() {
  const [phase, setPhase] = useState<Phase>('choosing');
  const [read, setRead] = useState<ReadFiles | null>(null);
  const [mistake, setMistake] = useState<string | undefined>();
  const [items, setItems] = useState<ImportedArticle[]>([]);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  /** Counts up with every start, so that one that was left behind says nothing any more. */
  const turn = useRef(0);
  const refresh = useQueryClient();

  async function send(documents: ReadFiles['documents'], dryRun: boolean): Promise<void> {
    turn.current += 1;
    const mine = turn.current;
    setPhase(dryRun ? 'looking' : 'importing');
    setProblem(null);
    setItems([]);
    try {
      for (const batch of inBatches(documents)) {
        const { data } = await importArticles({
          query: { dryRun: dryRun ? 'true' : 'false' },
          body: { format: batch[0]?.format ?? 'json', documents: batch.map(({ name, text }) => ({ name, text })) },
          throwOnError: true,
        });
        if (turn.current !== mine) return;
        setItems((before) => [...before, ...data.items]);
      }
      setPhase(dryRun ? 'looked' : 'done');
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (turn.current !== mine) return;
      setProblem(error);
      setPhase(dryRun ? 'choosing' : 'stopped');
    } finally {
      if (!dryRun) await refresh.invalidateQueries();
    }
  }

  return {
    phase,
    read,
    mistake,
    items,
    problem,
    all: read?.documents.length ?? 0,
    async choose(files: Iterable<File>) {
      const found = await readFiles(files);
      setRead(found);
      const { documents, tooLarge } = found;
      const wrong = tooLarge.length > 0 ? words.tooLarge(tooLarge.join(', ')) : undefined;
      setMistake(documents.length === 0 ? (wrong ?? words.noneUsable) : wrong);
      setPhase('choosing');
      if (documents.length > 0) await send(documents, true);
    },
    store: () => send(read?.documents ?? [], false),
    stop() {
      turn.current += 1;
      setPhase('stopped');
      void refresh.invalidateQueries();
    },
    again() {
      turn.current += 1;
      setPhase('choosing');
      setRead(null);
      setItems([]);
      setProblem(null);
      setMistake(undefined);
    },
  };
}
export type ArticleImport = ReturnType<typeof useArticleImport>;
