import { type EditorState, TextSelection } from 'prosemirror-state';
import type { EditorView } from 'prosemirror-view';
import { type CSSProperties, type Ref, type RefObject, useEffect, useState } from 'react';
import type { ReviseSelectionData } from '@/api/client/types.gen.ts';
import { Button } from '@/components/ui/button.tsx';
import { assistWords } from '@/strings-assist.ts';

const words = assistWords.revise;

export type RevisionAction = ReviseSelectionData['body']['action'];
export const revisionActions = ['rewrite', 'shorten', 'expand', 'tone'] as const satisfies readonly RevisionAction[];

interface ReviseBarProps {
  ref: Ref<HTMLDivElement>;
  view: RefObject<EditorView | null>;
  /** Told of each state in which something is selected: only the bar is drawn anew then, not the text. */
  follow: RefObject<(state: EditorState | null) => void>;
  onAction: (action: RevisionAction) => void;
}

/** What a model can do with the selected text: beside it, and above the navigation of a phone, where its own menu is not in the way. */
export function ReviseBar({ ref, view, follow, onAction }: ReviseBarProps) {
  const [state, setState] = useState<EditorState | null>(null);
  useEffect(() => {
    follow.current = setState;
    return () => {
      follow.current = () => undefined;
    };
  }, [follow]);
  const editor = view.current;
  if (!editor || !state || state.selection.empty || !(state.selection instanceof TextSelection)) return null;
  const { from, to } = state.selection;
  if (state.doc.textBetween(from, to, ' ').trim() === '' || to > editor.state.doc.content.size) return null;
  const end = editor.coordsAtPos(to);
  const around = editor.dom.getBoundingClientRect();
  const left = Math.max(0, Math.min(end.left - around.left - 140, around.width - 300));
  const place = { '--bar-top': `${end.bottom - around.top + 8}px`, '--bar-left': `${left}px` } as CSSProperties;
  return (
    <div
      ref={ref}
      role="toolbar"
      aria-label={words.bar}
      aria-keyshortcuts="Control+J"
      onKeyDown={(event) => {
        if (event.key === 'Escape') editor.focus();
        if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
        const buttons = [...event.currentTarget.querySelectorAll('button')];
        const step = event.key === 'ArrowRight' ? 1 : -1;
        const focused = document.activeElement;
        const index = focused instanceof HTMLButtonElement ? buttons.indexOf(focused) : -1;
        buttons.at((index + step) % buttons.length)?.focus();
      }}
      className="fixed inset-x-0 bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-30 flex animate-appear justify-center gap-1 border-t border-border bg-card p-1.5 shadow-lg sm:absolute sm:inset-x-auto sm:top-(--bar-top) sm:bottom-auto sm:left-(--bar-left) sm:z-10 sm:rounded-lg sm:border sm:p-1"
      style={place}
    >
      {revisionActions.map((action) => (
        <Button
          key={action}
          size="small"
          variant="ghost"
          className="h-10 flex-1 text-foreground sm:h-8 sm:flex-none"
          // The text stays selected.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onAction(action)}
        >
          {words.actions[action]}
        </Button>
      ))}
    </div>
  );
}
