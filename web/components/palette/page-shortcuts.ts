import { useEffect, useSyncExternalStore } from 'react';

/** Keys that do something on one page: pressed together, or one after the other. */
export interface Shortcut {
  keys: readonly string[];
  what: string;
}

let shown: readonly Shortcut[] = [];
const listeners = new Set<() => void>();

function put(list: readonly Shortcut[]): void {
  shown = list;
  for (const listener of listeners) listener();
}

/** Lists the keys of a page, for as long as it is there, among those that `?` shows. Keep `list` outside the component. */
export function usePageShortcuts(list: readonly Shortcut[]): void {
  useEffect(() => {
    put(list);
    return () => put([]);
  }, [list]);
}

/** The keys of the page that is open. */
export const useShownShortcuts = (): readonly Shortcut[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
