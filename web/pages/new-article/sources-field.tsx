import { FileUp, Link2, Plus, TextQuote, X } from 'lucide-react';
import { type DragEvent, useId, useRef, useState } from 'react';
import type { SearchProvider } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { Button } from '@/components/ui/button.tsx';
import { FieldError } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { formatCount } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { type Draft, readAddresses, type SourceDraft, titleOf } from './draft.ts';
import { acceptedFiles, type RefusedFile, readFiles } from './read-file.ts';
import { newSourceId } from './source-id.ts';

interface SourcesFieldProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  /** Who looks for sources where none are given; empty while that is not known and when nobody does. */
  providers: SearchProvider[];
  error: string | undefined;
  /** The mistake of the source at a place in the list. */
  errorOf: (index: number) => string | undefined;
}

/** What the article will rest on: addresses, pasted texts and files. */
export function SourcesField({ draft, change, providers, error, errorOf }: SourcesFieldProps) {
  const id = useId();
  const [notAddresses, setNotAddresses] = useState<string[]>([]);
  const [refused, setRefused] = useState<RefusedFile[]>([]);
  const [dragging, setDragging] = useState(false);
  const filePicker = useRef<HTMLInputElement>(null);

  const add = (sources: SourceDraft[]) => {
    const known = new Set(draft.sources.flatMap((source) => (source.kind === 'url' ? [source.url] : [])));
    return [...draft.sources, ...sources.filter((source) => source.kind !== 'url' || !known.has(source.url))];
  };
  const addAddresses = (typed: string) => {
    const { addresses, rest } = readAddresses(typed);
    setNotAddresses(rest);
    const sources = addresses.map((url) => ({ id: newSourceId(), kind: 'url' as const, url }));
    change({ sources: add(sources), addresses: rest.join('\n') });
  };
  const addFiles = async (files: Iterable<File>) => {
    const read = await readFiles(files);
    setRefused(read.refused);
    change({ sources: add(read.sources) });
  };
  const addPaste = () => {
    const text = draft.paste.text.trim();
    const title = draft.paste.title.trim() || titleOf(text);
    const source = { id: newSourceId(), kind: 'text' as const, title, text, format: 'text' as const };
    change({ sources: add([source]), paste: { open: false, title: '', text: '' } });
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    if (event.dataTransfer.files.length > 0) void addFiles(event.dataTransfer.files);
    else addAddresses(event.dataTransfer.getData('text/uri-list') || event.dataTransfer.getData('text/plain'));
  };

  const problem =
    error ??
    (notAddresses.length > 0 ? t.newArticle.sources.notAddress(notAddresses.join(', ')) : undefined) ??
    (refused.length > 0
      ? refused.map((file) => t.newArticle.sources.refused[file.reason](file.name)).join(' ')
      : undefined);

  return (
    <section
      aria-labelledby={`${id}-title`}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={onDrop}
      className={cn(
        'grid grid-cols-1 gap-3 rounded-md outline-offset-8 transition-colors',
        dragging && 'bg-accent-soft outline-2 outline-accent outline-dashed',
      )}
    >
      <div>
        <h2 id={`${id}-title`} className="font-semibold">
          {t.newArticle.sources.title}
        </h2>
        <p id={`${id}-hint`} className="text-sm text-muted-foreground">
          {t.newArticle.sources.hint}{' '}
          {providers.length > 0 && t.newArticle.sources.orSearch(providers.map(({ title }) => title))}
        </p>
      </div>

      {draft.sources.length > 0 && (
        <ol
          aria-label={t.newArticle.sources.list}
          className="divide-y divide-border rounded-lg border border-border bg-card"
        >
          {draft.sources.map((source, index) => (
            <SourceRow
              key={source.id}
              source={source}
              error={errorOf(index)}
              onChange={(changed) =>
                change({ sources: draft.sources.map((other) => (other.id === changed.id ? changed : other)) })
              }
              onRemove={() => change({ sources: draft.sources.filter((other) => other.id !== source.id) })}
            />
          ))}
        </ol>
      )}

      <div className="grid items-start gap-2 sm:grid-cols-[1fr_auto]">
        <Textarea
          id={`${id}-addresses`}
          name="sources"
          aria-label={t.newArticle.sources.addresses}
          aria-describedby={`${id}-hint ${id}-error`}
          aria-invalid={problem ? true : undefined}
          placeholder={t.newArticle.sources.placeholder}
          rows={2}
          inputMode="url"
          autoCapitalize="off"
          autoCorrect="off"
          spellCheck={false}
          className="min-h-16 font-mono text-sm"
          value={draft.addresses}
          onChange={(event) => {
            setNotAddresses([]);
            change({ addresses: event.target.value });
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || !draft.addresses.trim())
              return;
            event.preventDefault();
            addAddresses(draft.addresses);
          }}
        />
        <Button onClick={() => addAddresses(draft.addresses)} disabled={!draft.addresses.trim()}>
          <Plus aria-hidden="true" />
          {t.newArticle.sources.add}
        </Button>
      </div>
      <FieldError id={`${id}-error`} error={problem} />
      {providers.length > 0 && (draft.sources.length > 0 || draft.addresses.trim() || draft.paste.text.trim()) && (
        <label className="flex items-start gap-3">
          <input
            type="checkbox"
            name="searchAlso"
            checked={draft.searchAlso}
            onChange={(event) => change({ searchAlso: event.target.checked })}
            className="mt-1 size-4 shrink-0 accent-accent"
          />
          <span className="text-sm">{t.newArticle.sources.searchAlso}</span>
        </label>
      )}

      {draft.paste.open ? (
        <PasteBox draft={draft} change={change} onAdd={addPaste} />
      ) : (
        <div className="flex flex-wrap gap-2">
          <Button size="small" onClick={() => change({ paste: { ...draft.paste, open: true } })}>
            <TextQuote aria-hidden="true" />
            {t.newArticle.sources.pasteText}
          </Button>
          <Button size="small" onClick={() => filePicker.current?.click()}>
            <FileUp aria-hidden="true" />
            {t.newArticle.sources.addFiles}
          </Button>
        </div>
      )}
      <input
        ref={filePicker}
        type="file"
        multiple
        accept={acceptedFiles}
        aria-label={t.newArticle.sources.addFiles}
        className="hidden"
        onChange={(event) => {
          void addFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </section>
  );
}

function PasteBox({ draft, change, onAdd }: Pick<SourcesFieldProps, 'draft' | 'change'> & { onAdd: () => void }) {
  const set = (part: Partial<Draft['paste']>) => change({ paste: { ...draft.paste, ...part } });
  return (
    <div className="grid gap-2 rounded-lg border border-border bg-card p-3">
      <Input
        aria-label={t.newArticle.sources.pasteTitle}
        placeholder={t.newArticle.sources.pasteTitlePlaceholder}
        value={draft.paste.title}
        maxLength={300}
        autoFocus
        onChange={(event) => set({ title: event.target.value })}
      />
      <Textarea
        aria-label={t.newArticle.sources.pasteBody}
        placeholder={t.newArticle.sources.pasteBodyPlaceholder}
        rows={6}
        className="max-h-72"
        value={draft.paste.text}
        onChange={(event) => set({ text: event.target.value })}
      />
      <div className="flex flex-wrap gap-2">
        <Button size="small" variant="primary" onClick={onAdd} disabled={!draft.paste.text.trim()}>
          {t.newArticle.sources.addText}
        </Button>
        <Button size="small" variant="ghost" onClick={() => set({ open: false })}>
          {t.common.close}
        </Button>
      </div>
    </div>
  );
}

function SourceRow({
  source,
  error,
  onChange,
  onRemove,
}: {
  source: SourceDraft;
  error: string | undefined;
  onChange: (source: SourceDraft) => void;
  onRemove: () => void;
}) {
  const name = source.kind === 'url' ? source.url : source.title;
  const Icon = source.kind === 'url' ? Link2 : TextQuote;
  return (
    <li className="flex items-center gap-3 py-1.5 pr-1.5 pl-3">
      <Icon aria-hidden="true" className="size-4 shrink-0 text-muted-foreground" />
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm" title={name}>
          {name}
        </p>
        {error && (
          <p role="alert" className="text-sm font-medium text-danger">
            {error}
          </p>
        )}
      </div>
      {source.kind === 'url' && (
        <label className="flex items-center gap-2 text-sm whitespace-nowrap text-muted-foreground">
          <input
            type="checkbox"
            checked={source.whole === true}
            onChange={(event) => onChange({ ...source, whole: event.target.checked })}
            aria-label={t.newArticle.sources.wholeSiteOf(name)}
            className="size-4 shrink-0 accent-accent"
          />
          {t.newArticle.sources.wholeSite}
        </label>
      )}
      {source.kind === 'text' && (
        <span className="text-sm whitespace-nowrap text-muted-foreground">
          {t.newArticle.sources.words(formatCount(source.text.split(/\s+/).length))}
        </span>
      )}
      <Button variant="ghost" size="icon-small" onClick={onRemove} aria-label={t.newArticle.sources.remove(name)}>
        <X aria-hidden="true" />
      </Button>
    </li>
  );
}
