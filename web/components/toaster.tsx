import { useSyncExternalStore } from 'react';
import { langOf } from '@/api/server-text.ts';

interface Toast {
  id: number;
  text: string;
  action?: ToastAction | undefined;
}

/** What can still be done about what has just happened. */
interface ToastAction {
  label: string;
  run: () => void;
}

let current: Toast | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function show(toast: Toast | null): void {
  current = toast;
  for (const listener of listeners) listener();
}

/**
 * Says that something small has happened (copied, saved); it goes away by itself and needs no answer. One with an action
 * (undo) stays longer, and what the action does can be done elsewhere, too.
 */
export function toast(text: string, action?: ToastAction): void {
  clearTimeout(timer);
  show({ id: (current?.id ?? 0) + 1, text, action });
  timer = setTimeout(() => show(null), action ? 10_000 : 4_000);
}

/** Takes back what was said last: what its action would undo is about to change again. */
export function dismissToast(): void {
  clearTimeout(timer);
  show(null);
}

/** Where toasts appear. */
export function Toaster() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-20 z-50 grid place-items-center px-4 lg:bottom-8"
    >
      {shown && (
        <p
          key={shown.id}
          className="animate-appear rounded-lg bg-primary px-4 py-2.5 text-sm font-medium text-primary-foreground shadow-lg"
        >
          <span lang={langOf(shown.text)}>{shown.text}</span>
          {shown.action && (
            <button
              type="button"
              className="pointer-events-auto ml-3 rounded font-semibold underline underline-offset-4"
              onClick={() => {
                shown.action?.run();
                show(null);
              }}
            >
              {shown.action.label}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
