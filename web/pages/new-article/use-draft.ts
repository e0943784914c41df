import { useCallback, useEffect, useState } from 'react';
import { type Draft, emptyDraft, readDraft } from './draft.ts';

const key = 'blog-poster:new-article';

function load(): Draft {
  try {
    return readDraft(JSON.parse(localStorage.getItem(key) ?? 'null'));
  } catch (error) {
    console.info('The kept draft could not be read; the form starts empty.', error);
    return emptyDraft;
  }
}

/**
 * The form's content, kept in this browser with every change so that neither a closed tab nor a failed request loses it.
 * `kept` is false when the browser has no room or no permission, and then the page says so.
 */
export function useDraft(): { draft: Draft; kept: boolean; change: (part: Partial<Draft>) => void; clear: () => void } {
  const [draft, setDraft] = useState(load);
  const [kept, setKept] = useState(true);
  useEffect(() => {
    try {
      if (draft === emptyDraft) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(draft));
      setKept(true);
    } catch (error) {
      console.info('The draft is not kept in this browser.', error);
      setKept(false);
    }
  }, [draft]);
  const change = useCallback((part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })), []);
  const clear = useCallback(() => setDraft(emptyDraft), []);
  return { draft, kept, change, clear };
}
