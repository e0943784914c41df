import { useEffect, useRef } from 'react';
import type { CalendarItem } from '@/api/client/types.gen.ts';

/** What a dialog shows: an item, or a day. */
export type Opened = { day: string } | Pick<CalendarItem, 'kind' | 'id'>;

/** Closing a dialog leaves the keyboard where the item, or what opened the day, stands by then. */
export function useKeptFocus(opened: Opened | null, setOpened: (opened: null) => void): () => void {
  const opener = useRef<Element | null>(null);
  const last = useRef<Opened | null>(null);
  if (opened && !last.current) opener.current = document.activeElement;
  useEffect(() => {
    const before = last.current;
    last.current = opened;
    if (opened || !before) return;
    // After the dialog has given the keyboard back.
    const timer = setTimeout(() => {
      const id = 'id' in before ? before.id : '';
      const target =
        document.getElementById(`item-${id}`) ??
        document.getElementById(`row-${id}`) ??
        (opener.current as HTMLElement);
      target?.focus();
    });
    return () => clearTimeout(timer);
  }, [opened]);
  return () => setOpened(null);
}
