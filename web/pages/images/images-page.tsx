import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ImagePlus } from 'lucide-react';
import { useCallback, useMemo, useRef } from 'react';
import { getImageStorageOptions, listImagesInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Image } from '@/api/client/types.gen.ts';
import { uploadTypes } from '@/api/upload-image.ts';
import { DropArea } from '@/components/drop-area.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { closeShare } from '@/components/limit-bar.tsx';
import { LongList } from '@/components/long-list.tsx';
import { useMediaQuery } from '@/components/media-query.ts';
import { Notice } from '@/components/notice.tsx';
import { Page } from '@/components/page.tsx';
import { SearchBox } from '@/components/search-box.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/input.tsx';
import { Progress } from '@/components/ui/progress.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { formatBytes } from '@/format/bytes.ts';
import { t } from '@/strings.ts';
import { imageLibraryWords } from '@/strings-images.ts';
import { LoadProblem } from '../error-pages.tsx';
import { ImageDetails } from './image-details.tsx';
import { type RefusedFile, useUploads } from './use-uploads.ts';

const words = imageLibraryWords;
const kinds = ['upload', 'card', 'generated'] as const;
/** As many tiles beside each other as {@link useColumns} says. */
const grid = 'grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-4 lg:grid-cols-4';
const shows = ['', ...kinds, 'deleted'] as const;

/** Every image of the account, newest first: found, uploaded, described, deleted. */
export function ImagesPage() {
  const { query, show: asked, image: opened } = useSearch({ from: '/signed-in/images' });
  const navigate = useNavigate({ from: '/images' });
  const show = shows.find((name) => name === asked) ?? '';
  const kind = kinds.find((name) => name === show);
  const search = useCallback(
    (typed: string) => void navigate({ search: (before) => ({ ...before, query: typed || undefined }), replace: true }),
    [navigate],
  );
  const open = (id: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, image: id }), resetScroll: false, replace: id === undefined });
  const pages = useInfiniteQuery({
    ...listImagesInfiniteOptions({
      query: {
        limit: 30,
        ...(query ? { query } : {}),
        ...(kind ? { kind } : {}),
        ...(show === 'deleted' ? { deleted: 'true' } : {}),
      },
    }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const images = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const columns = useColumns();
  const storage = useQuery(getImageStorageOptions()).data;
  const input = useRef<HTMLInputElement>(null);
  const uploads = useUploads((count) => toast(words.uploaded(count)));
  // With nothing there, everything but the way to begin is in the way.
  const bare = pages.isSuccess && images.length === 0 && !query && show === '' && storage?.bytes === 0;
  const chooseFiles = (
    <Button variant="primary" onClick={() => input.current?.click()}>
      <ImagePlus aria-hidden="true" />
      {words.upload}
    </Button>
  );
  return (
    <DropArea label={words.title} hint={words.drop} onFiles={uploads.add}>
      <Page title={words.title} heading={words.title} intro={words.intro} actions={bare ? undefined : chooseFiles}>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          accept={uploadTypes}
          aria-label={words.upload}
          onChange={(event) => {
            uploads.add(event.target.files ?? []);
            event.target.value = '';
          }}
        />
        {storage && !bare && <Storage {...storage} />}
        <p aria-live="polite" className={uploads.progress ? 'mb-4 text-sm font-medium' : 'sr-only'}>
          {uploads.progress && words.uploading(uploads.progress.done + 1, uploads.progress.of)}
        </p>
        <Refused files={uploads.refused} onForget={uploads.forget} />
        <div
          className={
            bare ? 'hidden' : 'mb-4 grid grid-cols-[minmax(0,1fr)_8.5rem] sm:grid-cols-[minmax(0,1fr)_11rem] gap-3'
          }
        >
          <SearchBox label={words.search} value={query ?? ''} onSearch={search} />
          <Select
            aria-label={words.show}
            value={show}
            onChange={(event) =>
              void navigate({
                search: (before) => ({ ...before, show: event.target.value || undefined }),
                replace: true,
              })
            }
          >
            {shows.map((name) => (
              <option key={name} value={name}>
                {words.shows[name]}
              </option>
            ))}
          </Select>
        </div>
        {show === 'deleted' && images.length > 0 && (
          <p className="mb-4 text-sm text-muted-foreground">{words.deletedHint}</p>
        )}
        {pages.isPending ? (
          <Waiting />
        ) : pages.error && !pages.data ? (
          <LoadProblem problem={pages.error} onRetry={pages.refetch} />
        ) : images.length > 0 ? (
          <LongList
            label={words.title}
            items={images}
            keyOf={({ id }) => id}
            rowHeight={270}
            columns={columns}
            rowClassName={`${grid} pb-3 sm:pb-4`}
            pages={pages}
          >
            {(image) => <Tile image={image} onOpen={() => open(image.id)} />}
          </LongList>
        ) : (
          <Card>
            {query ? (
              <EmptyState
                title={t.common.nothingFound(query)}
                action={<Button onClick={() => search('')}>{t.common.clearSearch}</Button>}
              >
                {words.nothingFoundHint}
              </EmptyState>
            ) : show === '' ? (
              <EmptyState title={words.empty} action={chooseFiles}>
                {words.emptyHint} {storage && <UploadHint limitBytes={storage.uploadLimitBytes} />}
              </EmptyState>
            ) : (
              <EmptyState title={words.emptyKind[show].title} action={show === 'upload' ? chooseFiles : undefined}>
                {words.emptyKind[show].hint}
              </EmptyState>
            )}
          </Card>
        )}
      </Page>
      {opened && (
        <ImageDetails
          key={opened}
          id={opened}
          known={images.find(({ id }) => id === opened)}
          onClose={() => open(undefined)}
        />
      )}
    </DropArea>
  );
}

/** How many tiles stand beside each other: a row of them is drawn together. */
function useColumns(): number {
  const three = useMediaQuery('(min-width: 40rem)');
  const four = useMediaQuery('(min-width: 64rem)');
  return four ? 4 : three ? 3 : 2;
}

function Storage({
  bytes,
  limitBytes,
  uploadLimitBytes,
}: {
  bytes: number;
  limitBytes: number;
  uploadLimitBytes: number;
}) {
  const share = bytes / limitBytes;
  const full = bytes >= limitBytes;
  const near = !full && share >= closeShare;
  return (
    <div className="mb-5 grid gap-2 text-sm text-muted-foreground">
      <p className="flex flex-wrap gap-x-2">
        <span className="tabular-nums">{words.storage(formatBytes(bytes), formatBytes(limitBytes))}</span>
        {full ? (
          <span className="font-medium text-danger">{words.storageFull}</span>
        ) : near ? (
          <span className="font-medium text-warning">{words.storageNearlyFull}</span>
        ) : (
          <UploadHint limitBytes={uploadLimitBytes} />
        )}
      </p>
      {(full || near) && (
        <Progress
          value={share}
          label={words.storageLabel}
          className="max-w-sm"
          bar={full ? 'bg-danger' : 'bg-warning'}
        />
      )}
    </div>
  );
}

function UploadHint({ limitBytes }: { limitBytes: number }) {
  return (
    <span>
      {words.uploadHint(formatBytes(limitBytes))}
      <span className="max-lg:hidden"> {words.dropHint}</span>
    </span>
  );
}

function Refused({ files, onForget }: { files: RefusedFile[]; onForget: () => void }) {
  if (files.length === 0) return null;
  return (
    <Notice tone="danger" alert title={words.refused(files.length)} className="mb-5">
      <ul className="grid gap-1.5">
        {files.map(({ key, name, problem }) => (
          <li key={key} className="break-words">
            <span className="font-medium">{name}</span>: <ServerText>{problem.detail}</ServerText>{' '}
            <ServerText>{problem.hint}</ServerText>
          </li>
        ))}
      </ul>
      <Button size="small" className="justify-self-start" onClick={onForget}>
        {words.forget}
      </Button>
    </Notice>
  );
}

function Tile({ image, onOpen }: { image: Image; onOpen: () => void }) {
  const { name, alt, kind, usedBy, deletedAt, url } = image;
  return (
    <div className="relative grid h-full min-w-0 content-start gap-1.5 rounded-xl border border-border bg-card p-2 transition-colors hover:bg-muted/60">
      <img
        src={`${url}?width=320${deletedAt ? '&deleted=true' : ''}`}
        alt={alt}
        loading="lazy"
        decoding="async"
        className="aspect-[4/3] w-full rounded-lg bg-muted object-contain"
      />
      <div className="min-w-0 px-1 pb-0.5">
        <button
          type="button"
          aria-label={words.open(name)}
          onClick={onOpen}
          dir="auto"
          className="block w-full truncate rounded-sm text-left text-sm font-medium after:absolute after:inset-0 after:rounded-xl focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent"
        >
          {name}
        </button>
        <p className="truncate text-sm text-muted-foreground">
          {words.kinds[kind]} · {formatBytes(image.bytes)}
        </p>
        <p className="truncate text-sm text-muted-foreground">{words.usedIn(usedBy.length)}</p>
        {alt === '' && <p className="truncate text-sm text-warning">{words.noAlt}</p>}
      </div>
    </div>
  );
}

function Waiting() {
  return (
    <div role="status" aria-label={t.common.loading} className={grid}>
      {[1, 2, 3, 4, 5, 6, 7, 8].map((number) => (
        <Skeleton key={number} className="aspect-square w-full rounded-xl" />
      ))}
    </div>
  );
}
