import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ImagePlus } from 'lucide-react';
import { type ClipboardEvent, type DragEvent, type FormEvent, useRef, useState } from 'react';
import {
  createTitleCardMutation,
  editArticleMutation,
  getArticleQueryKey,
  listArticleRevisionsQueryKey,
  listImagesInfiniteOptions,
  listImagesQueryKey,
  updateImageMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Article, Image } from '@/api/client/types.gen.ts';
import type { ApiProblem } from '@/api/problem.ts';
import { uploadImage, uploadTypes } from '@/api/upload-image.ts';
import { CopyButton } from '@/components/copy-button.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { SearchBox } from '@/components/search-box.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { t } from '@/strings.ts';
import { imageLibraryWords, imageWords } from '@/strings-images.ts';
import { GenerateImage } from './generate-image.tsx';

/** An article's featured image: what it is, and others to use instead. */
export function ImagePanel({ article }: { article: Article }) {
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const onSettled = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: getArticleQueryKey({ path: { id: article.id } }) }),
      queries.invalidateQueries({ queryKey: listArticleRevisionsQueryKey({ path: { id: article.id } }) }),
      queries.invalidateQueries({ queryKey: listImagesQueryKey() }),
    ]);
  const edit = useMutation({ ...editArticleMutation(), onSettled });
  const use = (featuredImageId: string | null) =>
    edit.mutate({ path: { id: article.id }, body: { revision: article.revision, featuredImageId } });
  const sending = useMutation<Image, ApiProblem, File>({ mutationFn: uploadImage, onSuccess: ({ id }) => use(id) });
  const card = useMutation({ ...createTitleCardMutation(), onSuccess: ({ id }) => use(id) });
  const busy = edit.isPending || sending.isPending || card.isPending;
  const problem = sending.error ?? card.error ?? edit.error;
  const take = (files: FileList | null) => {
    const file = [...(files ?? [])].find(({ type }) => type.startsWith('image/'));
    if (file && !busy) sending.mutate(file);
    return file !== undefined;
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    take(event.dataTransfer.files);
  };
  const onPaste = (event: ClipboardEvent) => {
    if (take(event.clipboardData.files)) event.preventDefault();
  };
  const featured = article.featuredImage;
  return (
    <section
      aria-label={imageWords.title}
      className="grid grid-cols-1 gap-5 p-4"
      onDragOver={(event) => event.preventDefault()}
      onDrop={onDrop}
      onPaste={onPaste}
    >
      {featured ? (
        <img
          src={`${featured.url}?width=640`}
          alt={featured.alt}
          width={featured.width}
          height={featured.height}
          className="h-auto w-full rounded-lg border border-border"
        />
      ) : (
        <p className="text-sm text-muted-foreground">{imageWords.none}</p>
      )}
      <div className="flex flex-wrap gap-2">
        <input
          ref={input}
          type="file"
          accept={uploadTypes}
          aria-label={imageWords.upload}
          hidden
          onChange={(event) => {
            take(event.target.files);
            event.target.value = '';
          }}
        />
        <Button size="small" disabled={busy} onClick={() => input.current?.click()}>
          <ImagePlus aria-hidden="true" />
          {sending.isPending ? imageWords.uploading : imageWords.upload}
        </Button>
        <Button size="small" disabled={busy} onClick={() => card.mutate({ body: { articleId: article.id } })}>
          {card.isPending ? imageWords.drawing : imageWords.card}
        </Button>
        {featured && (
          <Button size="small" variant="ghost" disabled={busy} onClick={() => use(null)}>
            {imageWords.remove}
          </Button>
        )}
      </div>
      <p className="text-sm text-muted-foreground">{imageWords.uploadHint}</p>
      {problem && <ProblemNotice problem={problem} />}
      {featured && <AltText key={featured.id} image={featured} onSettled={onSettled} />}
      <GenerateImage article={article} disabled={busy} onMade={use} />
      <Chooser chosen={featured?.id ?? null} busy={busy} onChoose={use} />
    </section>
  );
}

function AltText({ image, onSettled }: { image: { id: string; url: string; alt: string }; onSettled: () => unknown }) {
  const save = useMutation({ ...updateImageMutation(), onSettled });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const alt = String(new FormData(event.currentTarget).get('alt') ?? '').trim();
    save.mutate({ path: { id: image.id }, body: { alt } });
  };
  return (
    <form onSubmit={onSubmit} className="grid gap-3">
      <Field label={imageWords.alt} hint={imageWords.altHint}>
        {(control) => <Input {...control} name="alt" defaultValue={image.alt} maxLength={500} />}
      </Field>
      <div className="flex flex-wrap items-center gap-3">
        <Button size="small" type="submit" disabled={save.isPending}>
          {imageWords.save}
        </Button>
        <p aria-live="polite" className="text-sm text-muted-foreground">
          {save.isSuccess ? imageWords.saved : ''}
        </p>
        <CopyButton text={`![${image.alt.replace(/[[\]\\]/g, '\\$&')}](${image.url})`}>
          {imageWords.copyMarkdown}
        </CopyButton>
      </div>
      {save.error && <ProblemNotice problem={save.error} />}
    </form>
  );
}

interface ChooserProps {
  chosen: string | null;
  busy: boolean;
  onChoose: (id: string) => void;
}

/** All images of the account, as buttons that the keyboard reaches one after the other. */
function Chooser({ chosen, busy, onChoose }: ChooserProps) {
  const [query, setQuery] = useState('');
  const list = useInfiniteQuery({
    ...listImagesInfiniteOptions({ query: { limit: 24, ...(query ? { query } : {}) } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    // While one types, the images stay.
    placeholderData: keepPreviousData,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="grid gap-3">
      <div className="flex items-center justify-between gap-4">
        <h3 className="text-sm font-semibold">{imageWords.yours}</h3>
        <Link to="/images" className="text-sm text-accent underline underline-offset-4">
          {imageWords.all}
        </Link>
      </div>
      {(items.length > 0 || query) && <SearchBox label={imageLibraryWords.search} value={query} onSearch={setQuery} />}
      {list.error && <ProblemNotice problem={list.error} />}
      {list.isSuccess && items.length === 0 && (
        <EmptyState title={query ? t.common.nothingFound(query) : imageWords.noImages}>
          {query ? imageLibraryWords.nothingFoundHint : imageWords.noImagesHint}
        </EmptyState>
      )}
      <ul className="grid grid-cols-3 gap-2">
        {items.map((image) => (
          <li key={image.id}>
            <button
              type="button"
              disabled={busy}
              aria-pressed={image.id === chosen}
              aria-label={image.id === chosen ? imageWords.chosen(image.name) : imageWords.choose(image.name)}
              onClick={() => onChoose(image.id)}
              className="block w-full overflow-hidden rounded-md border border-border focus-visible:outline-2 focus-visible:outline-accent aria-pressed:outline-2 aria-pressed:outline-accent"
            >
              <img src={`${image.url}?width=320`} alt="" loading="lazy" className="aspect-video w-full object-cover" />
            </button>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <Button size="small" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {imageWords.more}
        </Button>
      )}
    </section>
  );
}
