import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { closeOverlay, openPalette, openShortcuts, useOverlay } from './palette-state.ts';
import { type Place, places } from './places.ts';
import { singleKeysOn } from './single-keys.ts';

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }));
const ShortcutsDialog = lazy(async () => ({ default: (await import('./shortcuts-dialog.tsx')).ShortcutsDialog }));

/** How long after `g` the next key still names a place, in milliseconds. */
const thenMs = 1200;

/** Opens search, the list of keys and places by the keyboard; what lies over the page is loaded when it is first asked for. */
export function Overlays() {
  const overlay = useOverlay();
  const navigate = useNavigate();
  const goingAt = useRef(0);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
        // In a text the same keys make a link.
        if ((event.target as HTMLElement).closest('[contenteditable=true]')) return;
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !singleKeysOn()) return;
      if (
        (event.target as HTMLElement).closest('textarea, select, input, [contenteditable], [role=dialog], [role=menu]')
      )
        return;
      const going = Date.now() - goingAt.current < thenMs;
      goingAt.current = 0;
      if (going) {
        const place = Object.values<Place>(places).find(({ key }) => key === event.key);
        if (!place) return;
        // The page may have this key for something of its own.
        event.stopImmediatePropagation();
        event.preventDefault();
        void navigate({ to: place.to });
      } else if (event.key === 'g') goingAt.current = Date.now();
      else if (event.key === '?') openShortcuts();
    };
    document.addEventListener('keydown', listen, { capture: true });
    return () => document.removeEventListener('keydown', listen, { capture: true });
  }, [navigate]);
  if (overlay === null) return null;
  return (
    <Suspense fallback={null}>
      {overlay === 'palette' ? <Palette onClose={closeOverlay} /> : <ShortcutsDialog onClose={closeOverlay} />}
    </Suspense>
  );
}
