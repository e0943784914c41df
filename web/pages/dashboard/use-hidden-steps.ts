import { useState } from 'react';
import { toast } from '@/components/toaster.tsx';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';

/** Whether this account has put the list of first things aside in this browser, and the way to do so. */
export function useHiddenSteps(): { hidden: boolean; hide: () => void } {
  const key = `blog-poster:first-steps:${useUser().id}`;
  const [hidden, setHidden] = useState(() => read(key));
  const put = (value: boolean) => {
    setHidden(value);
    try {
      if (value) localStorage.setItem(key, 'hidden');
      else localStorage.removeItem(key);
    } catch (error) {
      console.info('This browser keeps nothing, so the list comes back with the next visit.', error);
    }
  };
  return {
    hidden,
    hide() {
      put(true);
      toast(t.firstSteps.hidden, { label: t.firstSteps.undo, run: () => put(false) });
    },
  };
}

function read(key: string): boolean {
  try {
    return localStorage.getItem(key) === 'hidden';
  } catch (error) {
    console.info('This browser keeps nothing, so the list is shown.', error);
    return false;
  }
}
