import { type EditorState, NodeSelection } from 'prosemirror-state';
import type { EditorView } from 'prosemirror-view';
import { type RefObject, useEffect, useState } from 'react';
import { citations } from './citations.ts';
import { schema } from './markdown/schema.ts';

interface CitationTipProps {
  view: RefObject<EditorView | null>;
  /** Whether the view is there. */
  ready: boolean;
  /** The state while something is chosen as a whole; null otherwise. */
  chosen: EditorState | null;
}

/** The source behind a citation, shown while the pointer is over its number or the caret on it. */
export function CitationTip({ view, ready, chosen: state }: CitationTipProps) {
  const [hovered, setHovered] = useState<number | null>(null);
  useEffect(() => {
    const dom = ready ? view.current?.dom : null;
    if (!dom) return;
    const over = ({ target }: MouseEvent) => {
      const mark = target instanceof Element ? target.closest('.citation') : null;
      setHovered(mark ? (view.current?.posAtDOM(mark, 0) ?? null) : null);
    };
    const gone = (event: KeyboardEvent) => event.key === 'Escape' && setHovered(null);
    dom.addEventListener('mouseover', over);
    dom.addEventListener('keydown', gone);
    return () => {
      dom.removeEventListener('mouseover', over);
      dom.removeEventListener('keydown', gone);
    };
  }, [view, ready]);
  const editor = view.current;
  if (!editor) return null;
  const selection = state?.selection;
  const selected =
    selection instanceof NodeSelection && selection.node.type === schema.nodes.footnote_ref ? selection.from : null;
  const chosen = selected ?? hovered;
  const label = chosen === null ? undefined : editor.state.doc.nodeAt(chosen)?.attrs.label;
  const text = label === undefined ? undefined : citations.getState(editor.state)?.texts.get(label);
  const mark = chosen === null ? null : editor.nodeDOM(chosen);
  if (!text || !(mark instanceof HTMLElement) || !mark.isConnected) return null;
  const box = mark.getBoundingClientRect();
  const around = editor.dom.getBoundingClientRect();
  return (
    <div
      role="tooltip"
      dir="auto"
      className="pointer-events-none absolute z-10 w-max max-w-[min(22rem,100%)] rounded-lg border border-border bg-card px-3 py-2 text-sm shadow-lg"
      style={{
        top: box.bottom - around.top + 16,
        left: Math.max(0, Math.min(box.left - around.left - 16, around.width - 352)),
      }}
    >
      {text}
    </div>
  );
}
