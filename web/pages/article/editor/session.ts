import { EditorState, NodeSelection, TextSelection, type Transaction } from 'prosemirror-state';
import type { Mappable } from 'prosemirror-transform';
import type { EditorView } from 'prosemirror-view';
import type { Article } from '@/api/client/types.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { findSentence } from '../find-sentence.ts';
import { applyMarkdown } from './apply-markdown.ts';
import { DraftKeeper } from './drafts.ts';
import { readFragment, sliceOf, writeFragment } from './fragment.ts';
import { Origins } from './markdown/origins.ts';
import { readMarkdown } from './markdown/read.ts';
import { writeMarkdown } from './markdown/write.ts';
import { type Choice, type Merge, merge } from './merge.ts';
import { changed, type FieldName, fieldNames, type Values, valuesOf } from './values.ts';

/** How far what is written is kept. */
export type SaveState =
  | { kind: 'saved' }
  | { kind: 'unsaved' }
  | { kind: 'saving' }
  /** The server did not answer, or cannot now. */
  | { kind: 'offline' }
  | { kind: 'signed-out' }
  /** The article is in the bin. */
  | { kind: 'gone' }
  /** Both sides changed the same place: a person decides. */
  | { kind: 'clash' }
  /** The server does not take it as it is. */
  | { kind: 'refused'; problem: ApiProblem };

/** What the editor shows beside the text; a new object whenever something of it changes. */
export interface Shown {
  save: SaveState;
  fields: Record<FieldName, string>;
  mode: 'text' | 'source';
  /** The Markdown in the source view. */
  source: string;
  clash: Merge | null;
  /** What was put into the text from elsewhere. */
  note: 'merged' | 'restored' | null;
  /** False when the browser has no room for a draft. */
  keptHere: boolean;
  /** Of the article as it was last saved. */
  revision: number;
}

/** A piece of the text that someone works on while writing goes on around it. */
export interface Passage {
  markdown: string;
  /** Puts another text in its place; false when it is not there any more. */
  replace: (markdown: string) => boolean;
  forget: () => void;
}

interface SessionOptions {
  article: Article;
  userId: string;
  /** Saves; throws {@link ApiProblem}. */
  send: (revision: number, change: Partial<Values>, last: boolean) => Promise<Article>;
  /** Reads the article as it is on the server. */
  load: () => Promise<Article>;
  /** Called with the article as it is after a save. */
  onSaved: (article: Article) => void;
}

/** After how long without a key a change is saved, after how long of typing at the latest, and kept in this browser; milliseconds. */
const saveAfterMs = 1_000;
const saveAtLatestMs = 10_000;
const keepAfterMs = 250;
const retryAfterMs = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/**
 * One opening of an article in the editor: what is written, what of it is saved, and how that comes together with what others
 * write. Nothing that was typed is given up before the server has it: until then it is kept in the browser as well.
 */
export class EditorSession {
  readonly origins = new Origins();
  /** The document; while a view is open, the view's. */
  state: EditorState;
  shown: Shown;
  private view: EditorView | null = null;
  private readonly ranges = new Set<{ from: number; to: number }>();
  private readonly listeners = new Set<() => void>();
  private readonly watchers = new Set<() => void>();
  private readonly options: SessionOptions;
  private readonly drafts: DraftKeeper;
  /** What the server has, and what stood here when it was sent. */
  private base: { revision: number; values: Values };
  private sent: Values;
  private saving: Promise<void> | null = null;
  /** The article that what stands here clashes with, until that is decided. */
  private against: Article | null = null;
  /** Removes the draft of another tab that clashes with the article, once that is decided. */
  private pending: (() => void) | null = null;
  private failures = 0;
  private firstUnsaved = 0;
  private readonly timers: Record<'save' | 'keep', ReturnType<typeof setTimeout> | undefined> = {
    save: undefined,
    keep: undefined,
  };

  constructor(options: SessionOptions) {
    this.options = options;
    const { article, userId } = options;
    this.drafts = new DraftKeeper(userId, article.id);
    const values = valuesOf(article);
    this.base = { revision: article.revision, values };
    this.sent = values;
    this.state = EditorState.create({ doc: readMarkdown(this.origins, values.markdown) });
    this.shown = {
      save: { kind: 'saved' },
      fields: values,
      mode: 'text',
      source: '',
      clash: null,
      note: null,
      keptHere: true,
      revision: article.revision,
    };
  }

  /** Takes up what a tab that is gone had not saved, and keeps an eye on the network. Returns what ends that. */
  start(): () => void {
    this.drafts.hold();
    const flush = () => void this.flush();
    const leave = () => {
      if (document.visibilityState === 'hidden') this.leave();
    };
    window.addEventListener('online', flush);
    window.addEventListener('blur', flush);
    window.addEventListener('pagehide', leave);
    document.addEventListener('visibilitychange', leave);
    void this.takeUpDrafts();
    return () => {
      window.removeEventListener('online', flush);
      window.removeEventListener('blur', flush);
      window.removeEventListener('pagehide', leave);
      document.removeEventListener('visibilitychange', leave);
      this.leave();
      clearTimeout(this.timers.save);
      this.drafts.release();
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Tells of every change of text and fields, whoever made it. Returns what ends that. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  private changed(): void {
    for (const watcher of this.watchers) watcher();
  }

  /** The view that shows the document; null when it goes away. */
  attach(view: EditorView | null): void {
    if (!view && this.view) this.state = EditorState.create({ doc: this.view.state.doc });
    this.view = view;
  }

  /** What is written now. */
  values(): Values {
    return { ...pick(this.shown.fields), markdown: this.markdown() };
  }

  markdown(): string {
    return this.shown.mode === 'source' ? this.shown.source : writeMarkdown(this.origins, this.doc());
  }

  doc() {
    return this.view?.state.doc ?? this.state.doc;
  }

  /** The passage that is selected; null when nothing is, or while the Markdown is shown. */
  passage(): Passage | null {
    const { view } = this;
    if (!view || view.state.selection.empty) return null;
    const range = { from: view.state.selection.from, to: view.state.selection.to };
    this.ranges.add(range);
    return {
      markdown: writeFragment(this.origins, view.state.doc.slice(range.from, range.to).content),
      replace: (markdown) => {
        if (!this.view || range.to <= range.from) return false;
        const slice = sliceOf(readFragment(markdown, this.view.state.doc));
        this.view.dispatch(this.view.state.tr.replaceRange(range.from, range.to, slice).scrollIntoView());
        return true;
      },
      forget: () => void this.ranges.delete(range),
    };
  }

  /** Lets the passages that someone works on move along with a change of the text. */
  follow(mapping: Mappable): void {
    for (const range of this.ranges) {
      range.from = mapping.map(range.from, 1);
      range.to = mapping.map(range.to, -1);
    }
  }

  /** Selects a sentence in the text and brings it into view; false where it does not stand there. */
  reveal(sentence: string): boolean {
    const { view } = this;
    if (!view) return false;
    const places: number[] = [];
    const texts: string[] = [];
    view.state.doc.descendants((node, position, parent) => {
      if (node.type.name === 'footnote') return false;
      if (node.isText && parent) {
        places.push(position);
        texts.push(node.text ?? '');
      }
      return true;
    });
    const found = findSentence(texts, sentence);
    const [first, last] = [found[0], found.at(-1)];
    if (!first || !last) return false;
    const at = ({ index }: { index: number }, offset: number) => (places[index] ?? 0) + offset;
    const selection = TextSelection.create(view.state.doc, at(first, first.start), at(last, last.end));
    view.dispatch(view.state.tr.setSelection(selection));
    view.focus();
    const element = view.domAtPos(selection.from).node;
    (element instanceof Element ? element : element.parentElement)?.scrollIntoView({ block: 'center' });
    return true;
  }

  /** What stands before and behind the selection, as plain text. */
  around(): { before: string; after: string } {
    const { doc, selection } = this.view?.state ?? this.state;
    const text = (from: number, to: number) => doc.textBetween(from, to, '\n\n', ' ');
    return {
      before: text(0, selection.from).slice(-1_000),
      after: text(selection.to, doc.content.size).slice(0, 1_000),
    };
  }

  /** Selects the first image with an address and brings it into view; false where there is none. */
  revealImage(src: string): boolean {
    const { view } = this;
    if (!view) return false;
    let place: number | null = null;
    view.state.doc.descendants((node, position) => {
      if (place === null && node.type.name === 'image' && node.attrs.src === src) place = position;
      return place === null;
    });
    if (place === null) return false;
    view.dispatch(view.state.tr.setSelection(NodeSelection.create(view.state.doc, place)).scrollIntoView());
    view.focus();
    return true;
  }

  /** Makes the text what a Markdown says, in one step that can be undone. */
  rewrite(markdown: string): void {
    if (this.shown.mode === 'source') {
      this.setSource(markdown);
      return;
    }
    this.write(markdown, true);
    this.edited();
  }

  /** Says that the document has changed. */
  edited(): void {
    this.changed();
    if (this.shown.save.kind === 'saved') this.firstUnsaved = Date.now();
    if (['saved', 'refused'].includes(this.shown.save.kind)) this.show({ save: { kind: 'unsaved' } });
    this.timers.keep ??= setTimeout(() => this.keepDraft(), keepAfterMs);
    if (this.shown.save.kind !== 'unsaved' && this.shown.save.kind !== 'saving') return;
    const latest = this.firstUnsaved + saveAtLatestMs - Date.now();
    this.saveIn(Math.max(0, Math.min(saveAfterMs, latest)));
  }

  setField(name: FieldName, value: string): void {
    this.show({ fields: { ...this.shown.fields, [name]: value } });
    this.edited();
  }

  setSource(source: string): void {
    this.show({ source });
    this.edited();
  }

  /** Between the text and its Markdown. */
  switchTo(mode: 'text' | 'source'): void {
    if (mode === this.shown.mode) return;
    if (mode === 'source') {
      this.show({ mode, source: this.markdown() });
      return;
    }
    const { source } = this.shown;
    this.show({ mode });
    this.write(source, true);
  }

  /** Saves at once what is not saved yet. */
  async flush(): Promise<void> {
    clearTimeout(this.timers.save);
    this.timers.save = undefined;
    this.keepDraft();
    await this.save();
  }

  /** Decides every clash, in their order, and goes on saving. */
  decide(choices: readonly Choice[]): void {
    const { clash } = this.shown;
    if (!clash) return;
    if (this.against) this.rebase(this.against);
    this.against = null;
    this.show({ clash: null, save: { kind: 'unsaved' }, note: null });
    this.adopt(clash.settle(choices), false);
    this.keepDraft();
    this.pending?.();
    this.pending = null;
    void this.flush();
  }

  /** Goes on after the article was taken out of the bin. */
  back(): void {
    this.show({ save: { kind: 'unsaved' } });
    void this.flush();
  }

  forgetNote(): void {
    this.show({ note: null });
  }

  private show(change: Partial<Shown>): void {
    this.shown = { ...this.shown, ...change };
    for (const listener of this.listeners) listener();
  }

  private saveIn(ms: number): void {
    clearTimeout(this.timers.save);
    this.timers.save = setTimeout(() => {
      this.timers.save = undefined;
      void this.save();
    }, ms);
  }

  /** What differs from what the server has, without fields that cannot be empty and are, because someone is typing there. */
  private unsaved(): Partial<Values> {
    const change = changed(this.sent, this.values());
    for (const name of ['title', 'slug'] as const) if (change[name]?.trim() === '') delete change[name];
    return change;
  }

  private async save(last = false): Promise<void> {
    if (this.saving) {
      await this.saving;
      if (this.shown.save.kind !== 'unsaved') return;
    }
    if (['clash', 'gone', 'signed-out'].includes(this.shown.save.kind)) return;
    const change = this.unsaved();
    if (Object.keys(change).length === 0) {
      this.settled();
      return;
    }
    const values = this.values();
    this.show({ save: { kind: 'saving' } });
    this.saving = this.options.send(this.base.revision, change, last).then(
      (article) => this.saved(article, { ...this.sent, ...change }, values),
      (error: unknown) => this.failed(error),
    );
    try {
      await this.saving;
    } finally {
      this.saving = null;
    }
  }

  private saved(article: Article, sent: Values, values: Values): void {
    this.failures = 0;
    this.base = { revision: article.revision, values: valuesOf(article) };
    this.sent = sent;
    const fields = { ...this.shown.fields };
    for (const name of fieldNames) {
      // The server writes an address in its own form; whoever is still typing it is left alone.
      if (
        fields[name] === values[name] &&
        document.activeElement?.id !== `article-${name}` &&
        sent[name] === values[name]
      ) {
        fields[name] = article[name];
        this.sent = { ...this.sent, [name]: article[name] };
      }
    }
    this.show({ revision: article.revision, fields, save: { kind: 'unsaved' } });
    this.firstUnsaved = Date.now();
    this.changed();
    this.options.onSaved(article);
    if (Object.keys(this.unsaved()).length === 0) this.settled();
    else {
      this.keepDraft();
      this.saveIn(saveAfterMs);
    }
  }

  /** Nothing is left to save but what cannot be. */
  private settled(): void {
    const open = Object.keys(changed(this.sent, this.values())).length > 0;
    if (!open) {
      clearTimeout(this.timers.keep);
      this.timers.keep = undefined;
      this.drafts.drop();
    }
    this.show({ save: { kind: open ? 'unsaved' : 'saved' } });
  }

  private async failed(error: unknown): Promise<void> {
    this.keepDraft();
    const problem = error instanceof ApiProblem ? error : null;
    if (problem?.code === 'stale_revision') return this.mergeWith();
    if (problem?.status === 404) return this.show({ save: { kind: 'gone' } });
    if (problem?.status === 401) return this.show({ save: { kind: 'signed-out' } });
    const mayPass = !problem || problem.status === 0 || problem.status >= 500 || problem.status === 429;
    if (!mayPass) return this.show({ save: { kind: 'refused', problem } });
    this.show({ save: { kind: 'offline' } });
    const wait = retryAfterMs[Math.min(this.failures, retryAfterMs.length - 1)] ?? 30_000;
    this.failures += 1;
    this.saveIn(wait);
  }

  /** Reads what was written elsewhere and puts both together. */
  private async mergeWith(): Promise<void> {
    let article: Article;
    try {
      article = await this.options.load();
    } catch (error) {
      return this.failed(error);
    }
    this.options.onSaved(article);
    this.takeOver(article, 'merged');
  }

  private takeOver(article: Article, note: NonNullable<Shown['note']>): void {
    const theirs = valuesOf(article);
    const mine = this.values();
    const merged = merge(this.base.values, mine, theirs);
    if (merged.clashes.length > 0) {
      // What is kept in the browser stays a change of the old text until someone has decided: it would pass for a change of
      // theirs after a reload, and be saved over it.
      this.against = article;
      this.show({ clash: merged, save: { kind: 'clash' } });
      return;
    }
    this.rebase(article);
    const values = merged.settle([]);
    const took = Object.keys(changed(mine, values)).length > 0;
    this.adopt(values, false);
    if (Object.keys(changed(theirs, values)).length === 0) this.sent = this.values();
    this.show({ save: { kind: 'unsaved' }, ...(took || note === 'restored' ? { note } : {}) });
    this.saveIn(0);
  }

  /** From now on, what stands here is a change of that revision. */
  private rebase(article: Article): void {
    const values = valuesOf(article);
    this.base = { revision: article.revision, values };
    this.sent = values;
    this.show({ revision: article.revision });
  }

  private adopt(values: Values, undoable: boolean): void {
    this.show({ fields: pick(values), ...(this.shown.mode === 'source' ? { source: values.markdown } : {}) });
    if (this.shown.mode === 'text') this.write(values.markdown, undoable);
    this.changed();
  }

  /** Makes the document what a text says. What others wrote is not undone by undoing what was written here. */
  private write(markdown: string, undoable: boolean): void {
    const apply = (tr: Transaction) =>
      applyMarkdown(this.origins, tr, markdown).setMeta('addToHistory', undoable).setMeta('adopted', true);
    if (this.view) this.view.dispatch(apply(this.view.state.tr));
    else this.state = this.state.apply(apply(this.state.tr));
  }

  private keepDraft(): void {
    clearTimeout(this.timers.keep);
    this.timers.keep = undefined;
    const values = this.values();
    if (Object.keys(changed(this.sent, values)).length === 0) return;
    const keptHere = this.drafts.keep({ revision: this.base.revision, base: this.base.values, values });
    if (keptHere !== this.shown.keptHere) this.show({ keptHere });
  }

  /** The page is left: what is not saved goes out now, and stays in the browser until the server has said that it has it. */
  private leave(): void {
    this.keepDraft();
    clearTimeout(this.timers.save);
    this.timers.save = undefined;
    void this.save(true);
  }

  private async takeUpDrafts(): Promise<void> {
    for (const { draft, take } of await this.drafts.orphans()) {
      const server = this.base;
      if (Object.keys(changed(draft.base, draft.values)).length > 0) {
        const merged = merge(draft.base, draft.values, this.values());
        if (merged.clashes.length > 0) {
          this.show({ clash: merged, save: { kind: 'clash' } });
          // It stays where it is until someone has decided; then what was decided is kept as this editor's own.
          this.pending = take;
          return;
        }
        const values = merged.settle([]);
        if (Object.keys(changed(server.values, values)).length > 0) {
          this.adopt(values, false);
          this.show({ note: 'restored', save: { kind: 'unsaved' } });
          this.keepDraft();
          this.saveIn(0);
        }
      }
      take();
    }
  }
}

const pick = (values: Record<FieldName, string>): Record<FieldName, string> => {
  const { title, slug, excerpt, metaTitle, metaDescription, keyword } = values;
  return { title, slug, excerpt, metaTitle, metaDescription, keyword };
};
