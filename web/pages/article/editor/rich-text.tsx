import { EditorState } from 'prosemirror-state';
import { EditorView } from 'prosemirror-view';
import { type RefObject, useEffect, useRef } from 'react';
import { editorWords as words } from '@/strings-editor.ts';
import { nodeViews } from './node-views.ts';
import { plugins } from './plugins.ts';
import type { EditorSession } from './session.ts';
import './editor.css';

interface RichTextProps {
  session: EditorSession;
  language: string | null;
  editable: boolean;
  /** Receives the view while there is one. */
  viewRef: RefObject<EditorView | null>;
  onLink: () => void;
  onRevise: () => void;
  onToolbar: () => void;
  onImages: (view: EditorView, files: File[], position: number) => void;
  /** After every change of text or selection. */
  onChange: (state: EditorState) => void;
}

/** The text of the article, to be written in. */
export function RichText({ session, language, editable, viewRef, ...calls }: RichTextProps) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef({ ...calls, editable });
  latest.current = { ...calls, editable };
  useEffect(() => {
    if (!place.current) return;
    const state = EditorState.create({
      doc: session.doc(),
      plugins: plugins({
        origins: session.origins,
        onLink: () => latest.current.onLink(),
        onRevise: () => latest.current.onRevise(),
        onToolbar: () => latest.current.onToolbar(),
        onImages: (...given) => latest.current.onImages(...given),
        onSave: () => void session.flush(),
      }),
    });
    const view = new EditorView(place.current, {
      state,
      nodeViews,
      editable: () => latest.current.editable,
      attributes: {
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-label': words.text,
        class: 'article-editor',
        dir: 'auto',
        ...(language ? { lang: language } : {}),
      },
      dispatchTransaction(tr) {
        const next = view.state.apply(tr);
        view.updateState(next);
        if (tr.docChanged) session.follow(tr.mapping);
        if (tr.docChanged && !tr.getMeta('adopted')) session.edited();
        latest.current.onChange(next);
      },
      handleDOMEvents: {
        blur: () => {
          void session.flush();
        },
      },
    });
    session.attach(view);
    viewRef.current = view;
    latest.current.onChange(view.state);
    return () => {
      session.attach(null);
      viewRef.current = null;
      view.destroy();
    };
  }, [session, language, viewRef]);
  useEffect(() => {
    viewRef.current?.setProps({ editable: () => editable });
  }, [editable, viewRef]);
  return <div ref={place} className="article-text" />;
}
