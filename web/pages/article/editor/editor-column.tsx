import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Check, Code2, Text } from 'lucide-react';
import { type Command, type EditorState, NodeSelection, TextSelection } from 'prosemirror-state';
import type { EditorView } from 'prosemirror-view';
import { useCallback, useEffect, useRef, useState } from 'react';
import { getArticleQueryKey, restoreArticleMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Article } from '@/api/client/types.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { editorWords as words } from '@/strings-editor.ts';
import { ReviseBar, type RevisionAction } from '../assist/revise-bar.tsx';
import { ReviseDialog } from '../assist/revise-dialog.tsx';
import { Outdated } from '../outdated.tsx';
import { CitationTip } from './citation-tip.tsx';
import { ClashView } from './clash-view.tsx';
import { linkAt, type Place, selectedImage, setLink } from './commands.ts';
import { ImageChooser, ImageDialog, LinkDialog } from './dialogs.tsx';
import { schema } from './markdown/schema.ts';
import { RichText } from './rich-text.tsx';
import { SaveStatus } from './save-state.tsx';
import type { EditorSession, Passage } from './session.ts';
import { placeOf, Toolbar } from './toolbar.tsx';
import { uploadInto } from './upload-images.ts';
import { useShown } from './use-session.ts';

interface EditorColumnProps {
  session: EditorSession;
  article: Article;
  onDone: () => void;
}

/** A selection that is being put otherwise. */
interface Revision {
  action: RevisionAction;
  passage: Passage;
  around: ReturnType<EditorSession['around']>;
}

type Open = { kind: 'link'; href: string | null; hasText: boolean } | { kind: 'image' } | { kind: 'chooser' } | null;

/** The article's title and text to be written in, with what happens to them above. */
export function EditorColumn({ session, article, onDone }: EditorColumnProps) {
  const shown = useShown(session);
  const view = useRef<EditorView | null>(null);
  const bar = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place | null>(null);
  /** Only while an image or a citation is chosen: other keys draw nothing but the text. */
  const [state, setState] = useState<EditorState | null>(null);
  const [open, setOpen] = useState<Open>(null);
  const [uploadProblem, setUploadProblem] = useState<ApiProblem | null>(null);
  const frame = useRef(0);
  const reviseBar = useRef<HTMLDivElement>(null);
  const showSelection = useRef<(state: EditorState | null) => void>(() => undefined);
  const [revision, setRevision] = useState<Revision | null>(null);
  const clash = shown.clash !== null;

  // The toolbar follows after the key is drawn: typing never waits for it.
  const onChange = useCallback((next: EditorState) => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      setState(next.selection instanceof NodeSelection ? next : null);
      showSelection.current(next.selection.empty ? null : next);
      setPlace((before) => {
        const now = placeOf(next);
        return before && same(before, now) ? before : now;
      });
    });
  }, []);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  useEffect(() => {
    const save = (event: KeyboardEvent) => {
      if (event.key !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      void session.flush();
    };
    window.addEventListener('keydown', save);
    return () => window.removeEventListener('keydown', save);
  }, [session]);

  const run = (command: Command) => {
    const current = view.current;
    if (!current) return;
    command(current.state, current.dispatch, current);
    current.focus();
  };
  const openLink = () => {
    const current = view.current?.state;
    if (!current) return;
    const link = linkAt(current);
    setOpen({
      kind: 'link',
      href: link ? String(link.attrs.href) : null,
      hasText: link !== null || !current.selection.empty,
    });
  };
  const startRevision = (action: RevisionAction) => {
    const passage = session.passage();
    if (passage) setRevision({ action, passage, around: session.around() });
  };
  const openImage = () => setOpen({ kind: view.current && selectedImage(view.current.state) ? 'image' : 'chooser' });
  const close = () => {
    setOpen(null);
    requestAnimationFrame(() => view.current?.focus());
  };
  const takeImages = (target: EditorView, files: readonly File[], position: number) => {
    setUploadProblem(null);
    void uploadInto(target, files, position, (error) => {
      if (error instanceof ApiProblem) setUploadProblem(error);
      else console.error(error);
    });
  };
  const image = open?.kind === 'image' && state ? selectedImage(state) : null;
  return (
    <div className="pb-24">
      <div className="sticky top-13 z-20 -mx-4 bg-background px-4 pt-2 sm:-mx-8 sm:px-8 lg:top-0">
        <div className="flex min-h-10 flex-wrap items-center justify-between gap-x-3 gap-y-1">
          <SaveStatus save={shown.save} />
          <div className="flex gap-2">
            <Button
              size="small"
              variant="ghost"
              disabled={clash}
              onClick={() => session.switchTo(shown.mode === 'text' ? 'source' : 'text')}
            >
              {shown.mode === 'text' ? <Code2 aria-hidden="true" /> : <Text aria-hidden="true" />}
              <span>
                <span className="sr-only">{words.showAs} </span>
                {shown.mode === 'text' ? words.markdown : words.asText}
              </span>
            </Button>
            <Button size="small" variant="primary" onClick={onDone}>
              <Check aria-hidden="true" />
              {words.done}
            </Button>
          </div>
        </div>
        <div className="border-b border-border py-1.5">
          {shown.mode === 'text' && place && !clash && (
            <Toolbar
              ref={bar}
              place={place}
              onCommand={run}
              onLink={openLink}
              onImage={openImage}
              onLeave={() => view.current?.focus()}
            />
          )}
        </div>
      </div>
      <Messages session={session} article={article} />
      {uploadProblem && <ProblemNotice className="mt-4" title={words.image.failed} problem={uploadProblem} />}
      {shown.clash && (
        <div className="mt-5">
          <ClashView merge={shown.clash} onDecide={(choices) => session.decide(choices)} />
        </div>
      )}
      <div className={clash ? 'hidden' : undefined}>
        <TitleField session={session} language={article.language} />
        {shown.mode === 'source' ? (
          <textarea
            aria-label={words.source}
            dir="auto"
            spellCheck
            value={shown.source}
            onChange={(event) => session.setSource(event.target.value)}
            onBlur={() => void session.flush()}
            className="mt-4 field-sizing-content min-h-96 w-full resize-y rounded-lg border border-input bg-card p-4 font-mono text-sm leading-relaxed"
          />
        ) : (
          <div className="relative mt-4">
            <RichText
              session={session}
              language={article.language}
              editable={!clash}
              viewRef={view}
              onLink={openLink}
              onRevise={() => reviseBar.current?.querySelector('button')?.focus()}
              onToolbar={() => bar.current?.querySelector<HTMLElement>('[tabindex="0"], select, button')?.focus()}
              onImages={takeImages}
              onChange={onChange}
            />
            <CitationTip
              view={view}
              ready={place !== null}
              chosen={state?.selection instanceof NodeSelection ? state : null}
            />
            {!clash && <ReviseBar ref={reviseBar} view={view} follow={showSelection} onAction={startRevision} />}
          </div>
        )}
      </div>
      {revision && (
        <ReviseDialog
          articleId={article.id}
          action={revision.action}
          passage={revision.passage}
          around={revision.around}
          onClose={() => {
            revision.passage.forget();
            setRevision(null);
            requestAnimationFrame(() => view.current?.focus());
          }}
        />
      )}
      {open?.kind === 'link' && (
        <LinkDialog
          href={open.href}
          hasText={open.hasText}
          onClose={close}
          onSet={(href, text) => {
            run(setLink(href, text));
            close();
          }}
        />
      )}
      {image && (
        <ImageDialog
          image={{ src: image.attrs.src, alt: image.attrs.alt, title: image.attrs.title }}
          onClose={close}
          onRemove={() => {
            run((now, dispatch) => {
              dispatch?.(now.tr.deleteSelection());
              return true;
            });
            close();
          }}
          onSet={(change) => {
            run((now, dispatch) => {
              const { from } = now.selection;
              const tr = now.tr.setNodeMarkup(from, null, { ...image.attrs, ...change });
              dispatch?.(tr.setSelection(NodeSelection.create(tr.doc, from)));
              return true;
            });
            close();
          }}
        />
      )}
      {open?.kind === 'chooser' && (
        <ImageChooser
          onClose={close}
          onFile={(files) => {
            if (view.current) takeImages(view.current, files, view.current.state.selection.to);
            close();
          }}
          onImage={({ url, alt }) => {
            run((now, dispatch) => {
              const tr = now.tr.replaceSelectionWith(schema.node('image', { src: url, alt }), false);
              dispatch?.(tr.setSelection(TextSelection.near(tr.doc.resolve(tr.selection.to))).scrollIntoView());
              return true;
            });
            close();
          }}
        />
      )}
    </div>
  );
}

function same(a: Place, b: Place): boolean {
  return (Object.keys(a) as (keyof Place)[]).every((name) => a[name] === b[name]);
}

function TitleField({ session, language }: { session: EditorSession; language: string | null }) {
  const { fields } = useShown(session);
  const missing = fields.title.trim() === '';
  return (
    <div className="mt-5">
      <label htmlFor="article-title" className="sr-only">
        {words.titleField}
      </label>
      <textarea
        id="article-title"
        dir="auto"
        lang={language ?? undefined}
        rows={1}
        maxLength={300}
        value={fields.title}
        aria-invalid={missing || undefined}
        aria-describedby={missing ? 'article-title-missing' : undefined}
        onChange={(event) => session.setField('title', event.target.value.replace(/\s*\n\s*/g, ' '))}
        onBlur={() => void session.flush()}
        className="field-sizing-content w-full resize-none rounded-md bg-transparent font-serif text-[2rem] leading-[1.18] font-semibold tracking-[-0.008em] outline-offset-4 sm:text-[2.5rem]"
      />
      {missing && (
        <p id="article-title-missing" className="text-sm font-medium text-danger">
          {words.titleNeeded}
        </p>
      )}
    </div>
  );
}

/** What the writer should know: what came in from elsewhere, what cannot be saved, where the old text still stands. */
function Messages({ session, article }: { session: EditorSession; article: Article }) {
  const { save, note, keptHere } = useShown(session);
  const queries = useQueryClient();
  const restore = useMutation({
    ...restoreArticleMutation(),
    onSuccess: (back) => {
      queries.setQueryData(getArticleQueryKey({ path: { id: article.id } }), back);
      session.back();
    },
  });
  return (
    <div className="mt-4 grid gap-3 empty:hidden" aria-live="polite">
      {note && save.kind !== 'clash' && (
        <Notice tone="accent" title={words.notes[note]}>
          <Button size="small" className="justify-self-start" onClick={() => session.forgetNote()}>
            {words.notes.close}
          </Button>
        </Notice>
      )}
      {save.kind === 'signed-out' && (
        <Notice tone="warning" title={words.save['signed-out']}>
          <p>{words.signedOut}</p>
        </Notice>
      )}
      {save.kind === 'refused' && <ProblemNotice problem={save.problem} title={words.save.refused} />}
      {save.kind === 'gone' && (
        <Notice tone="danger" title={words.gone.title}>
          <p>{words.gone.text}</p>
          <Button
            size="small"
            className="justify-self-start"
            disabled={restore.isPending}
            onClick={() => restore.mutate({ path: { id: article.id } })}
          >
            {words.gone.restore}
          </Button>
          {restore.error && <ProblemNotice problem={restore.error} />}
        </Notice>
      )}
      {!keptHere && save.kind !== 'saved' && <Notice tone="danger" title={words.notKept} />}
      {save.kind !== 'gone' && save.kind !== 'clash' && (
        <Outdated articleId={article.id} flush={() => session.flush()} />
      )}
    </div>
  );
}
