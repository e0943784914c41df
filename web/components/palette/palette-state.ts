import { useSyncExternalStore } from 'react';

/** What lies over the page: search and commands, or the list of keys. */
export type Overlay = 'palette' | 'shortcuts' | null;

let current: Overlay = null;
const listeners = new Set<() => void>();

function show(overlay: Overlay): void {
  current = overlay;
  for (const listener of listeners) listener();
}

export const openPalette = () => show('palette');
export const openShortcuts = () => show('shortcuts');
export const closeOverlay = () => show(null);

/** What lies over the page now. */
export const useOverlay = (): Overlay =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
