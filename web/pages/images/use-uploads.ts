import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { getImageStorageQueryKey, listImagesQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';
import type { ApiProblem } from '@/api/problem.ts';
import { uploadImage } from '@/api/upload-image.ts';

/** A file that was not taken, and why. */
export interface RefusedFile {
  key: number;
  name: string;
  problem: ApiProblem;
}

/** Uploads files one after the other; one that is refused does not hold the others up. */
export function useUploads(onDone: (uploaded: number) => void) {
  const refresh = useImagesRefresh();
  const [progress, setProgress] = useState<{ done: number; of: number } | null>(null);
  const [refused, setRefused] = useState<RefusedFile[]>([]);
  const waiting = useRef<File[]>([]);
  const counts = useRef({ done: 0, of: 0, kept: 0 });

  const work = async () => {
    for (;;) {
      const file = waiting.current.shift();
      if (!file) break;
      setProgress({ ...counts.current });
      try {
        await uploadImage(file);
        counts.current.kept += 1;
        void refresh();
      } catch (error) {
        const problem = error as ApiProblem;
        setRefused((before) => [...before, { key: before.length, name: file.name, problem }]);
      }
      counts.current.done += 1;
    }
    const { kept } = counts.current;
    counts.current = { done: 0, of: 0, kept: 0 };
    setProgress(null);
    if (kept > 0) onDone(kept);
  };

  /** Takes every file; those that are no images are refused by the server, with its words. */
  const add = (files: Iterable<File>) => {
    const list = [...files];
    if (list.length === 0) return;
    const idle = counts.current.of === 0;
    waiting.current.push(...list);
    counts.current.of += list.length;
    if (!idle) {
      setProgress({ ...counts.current });
      return;
    }
    setRefused([]);
    void work();
  };

  const pasted = useRef(add);
  pasted.current = add;
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])].filter(({ type }) => type.startsWith('image/'));
      if (files.length === 0) return;
      event.preventDefault();
      pasted.current(files);
    };
    document.addEventListener('paste', onPaste);
    return () => document.removeEventListener('paste', onPaste);
  }, []);

  return { add, progress, refused, forget: () => setRefused([]) };
}

/** Has every list of images, and what they take, read anew. */
export function useImagesRefresh() {
  const queries = useQueryClient();
  return () =>
    Promise.all(
      [listImagesQueryKey(), getImageStorageQueryKey()].map((queryKey) => queries.invalidateQueries({ queryKey })),
    );
}
