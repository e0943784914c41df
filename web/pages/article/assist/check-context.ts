import { createContext, use } from 'react';
import type { TextCheck } from '@/api/client/types.gen.ts';

/** What the server last found in the text that is being written. */
export interface LiveCheck {
  /** Null until the first answer. */
  check: TextCheck | null;
  /** The Markdown that it is about: its places are places in this. */
  markdown: string;
  /** False while the text has changed since. */
  fresh: boolean;
  failed: boolean;
}

export const CheckContext = createContext<LiveCheck | null>(null);

/** The check of the open editor; null while one only reads. */
export const useLiveCheck = (): LiveCheck | null => use(CheckContext);
