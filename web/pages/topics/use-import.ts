import { useRef, useState } from 'react';
import type { TopicImport } from '@/api/client/types.gen.ts';
import { importTopics, maxListBytes } from '@/api/import-topics.ts';
import { formatBytes } from '@/format/bytes.ts';
import { useKeptValues } from '@/session/kept-values.ts';
import { topicImportWords } from '@/strings-topic-intake.ts';
import { importForm } from './import-form.ts';
import { useSend } from './use-send.ts';
import { useTopicsRefresh } from './use-topic-commands.ts';

const words = topicImportWords;

/** A list on its way into the backlog: chosen, looked at, imported. What was pasted outlives a reload. */
export function useImport() {
  const { values, change, forget } = useKeptValues(importForm, { text: '', encoding: '', siteId: '' });
  const [file, setFile] = useState<File | null>(null);
  const [mistake, setMistake] = useState<string | undefined>();
  const [preview, setPreview] = useState<{ of: string; answer: TopicImport } | null>(null);
  const [done, setDone] = useState<TopicImport | null>(null);
  const refresh = useTopicsRefresh();
  const attempt = useRef({ of: '', key: '' });
  // Two files may have one name and one size; then they were saved at different times.
  const present = JSON.stringify([values, file && [file.name, file.size, file.lastModified]]);
  const list = file ?? values.text;
  const query = {
    ...(values.encoding && file ? { encoding: values.encoding } : {}),
    ...(values.siteId ? { siteId: values.siteId } : {}),
  };
  const look = useSend(async () => {
    const answer = await importTopics(list, { ...query, dryRun: 'true' });
    setPreview({ of: present, answer });
  });
  const store = useSend(async () => {
    if (attempt.current.of !== present) attempt.current = { of: present, key: `${Date.now()}-${Math.random()}` };
    const answer = await importTopics(list, { ...query, dryRun: 'false' }, attempt.current.key);
    setDone(answer);
    setPreview(null);
    setFile(null);
    forget();
    await refresh();
  });
  /** Whatever was said about another list is no longer true. */
  const clear = () => {
    setMistake(undefined);
    look.forget();
    store.forget();
    setDone(null);
  };
  return {
    values,
    file,
    mistake,
    preview: preview?.answer ?? null,
    stale: preview !== null && preview.of !== present,
    done,
    problem: store.problem ?? look.problem,
    looking: look.pending,
    storing: store.pending,
    change: (part: Partial<typeof values>) => {
      clear();
      change(part);
    },
    choose: (files: Iterable<File>) => {
      const [first, second] = [...files];
      if (!first) return;
      clear();
      if (second) return setMistake(words.oneFile);
      if (first.size > maxListBytes) return setMistake(words.tooLarge(formatBytes(first.size)));
      setFile(first);
    },
    drop: () => {
      clear();
      setFile(null);
    },
    look: () => {
      const empty = file === null && values.text.trim() === '';
      setMistake(empty ? words.missing : undefined);
      store.forget();
      if (!empty) void look.send();
    },
    store: () => void store.send(),
    again: () => setDone(null),
  };
}
export type Import = ReturnType<typeof useImport>;
