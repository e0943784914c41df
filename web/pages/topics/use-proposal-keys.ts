import { useEffect, useRef, useState } from 'react';

export const proposalKeys = ['j', 'k', 'x', 'a', 'd'] as const;
export type ProposalKey = (typeof proposalKeys)[number];

const storeName = 'blog-poster:proposal-keys';

function storedOn(): boolean {
  try {
    return localStorage.getItem(storeName) !== 'off';
  } catch (error) {
    console.info('This browser keeps nothing, so the keys are on.', error);
    return true;
  }
}

/**
 * Single letters as commands, but in fields and with other keys held. They can be turned off (WCAG 2.2, 2.1.4): who
 * speaks to the computer says letters without meaning them.
 */
export function useProposalKeys(onKey: (key: ProposalKey) => void) {
  const [on, setOn] = useState(storedOn);
  const handler = useRef(onKey);
  handler.current = onKey;
  useEffect(() => {
    if (!on) return;
    const listen = (event: KeyboardEvent) => {
      const key = proposalKeys.find((name) => name === event.key);
      if (!key || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if ((event.target as HTMLElement).closest('textarea, select, dialog, [role=dialog], input:not([type=checkbox])'))
        return;
      event.preventDefault();
      handler.current(key);
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [on]);
  const turn = () => {
    try {
      localStorage.setItem(storeName, on ? 'off' : 'on');
    } catch (error) {
      console.info('This browser keeps nothing, so the choice holds for this page alone.', error);
    }
    setOn(!on);
  };
  return { on, turn };
}
