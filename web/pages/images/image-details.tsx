import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ExternalLink, Trash2, Undo2 } from 'lucide-react';
import type { FormEvent, ReactNode } from 'react';
import {
  deleteImageMutation,
  getImageOptions,
  getImageQueryKey,
  restoreImageMutation,
  updateImageMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Image } from '@/api/client/types.gen.ts';
import { CopyButton } from '@/components/copy-button.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { formatBytes } from '@/format/bytes.ts';
import { formatCount, formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { imageLibraryWords, imageWords } from '@/strings-images.ts';
import { useImagesRefresh } from './use-uploads.ts';

const words = imageLibraryWords;

interface ImageDetailsProps {
  id: string;
  /** As the list has it; one that it does not show is asked for. */
  known: Image | undefined;
  onClose: () => void;
}

/** One image: large, with its words, its facts, where it is used, and its end. */
export function ImageDetails({ id, known, onClose }: ImageDetailsProps) {
  const query = useQuery({ ...getImageOptions({ path: { id } }), enabled: !known });
  const image = known ?? query.data;
  return (
    <Dialog title={image?.name ?? words.title} onClose={onClose}>
      {image ? (
        <Details image={image} onClose={onClose} />
      ) : query.error ? (
        <div className="p-4 sm:p-6">
          <ProblemNotice problem={query.error} {...(query.error.status === 404 ? { title: words.gone } : {})} />
        </div>
      ) : (
        <div role="status" aria-label={t.common.loading} className="p-4 sm:p-6">
          <Skeleton className="aspect-video w-full" />
        </div>
      )}
    </Dialog>
  );
}

function Details({ image, onClose }: { image: Image; onClose: () => void }) {
  const source = `${image.url}${image.deletedAt ? '?deleted=true' : ''}`;
  return (
    <div className="grid grid-cols-1 md:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="grid content-start gap-4 p-4 sm:p-6">
        <img
          src={source}
          alt={image.alt}
          width={image.width}
          height={image.height}
          className="max-h-[40dvh] md:max-h-[52dvh] w-full rounded-lg border border-border bg-muted object-contain"
        />
        <div className="flex flex-wrap gap-2">
          {!image.deletedAt && (
            <CopyButton text={`![${image.alt.replace(/[[\]\\]/g, '\\$&')}](${image.url})`}>
              {imageWords.copyMarkdown}
            </CopyButton>
          )}
          <Button size="small" asChild>
            <a href={source} target="_blank" rel="noopener">
              <ExternalLink aria-hidden="true" />
              {words.openFile}
            </a>
          </Button>
        </div>
        <Facts image={image} />
      </div>
      <div className="grid content-start gap-6 border-border p-4 sm:p-6 max-md:border-t md:border-l">
        {!image.deletedAt && <Words image={image} />}
        <Uses image={image} />
        {image.deletedAt ? <Restore image={image} onClose={onClose} /> : <Delete image={image} onClose={onClose} />}
      </div>
    </div>
  );
}

function Words({ image }: { image: Image }) {
  const queries = useQueryClient();
  const refresh = useImagesRefresh();
  const save = useMutation({
    ...updateImageMutation(),
    onSuccess: async (changed) => {
      queries.setQueryData(getImageQueryKey({ path: { id: image.id } }), changed);
      await refresh();
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const typed = (name: string) => String(form.get(name) ?? '').trim();
    save.mutate({
      path: { id: image.id },
      body: { name: typed('name') || image.name, alt: typed('alt'), caption: typed('caption') },
    });
  };
  return (
    <form onSubmit={onSubmit} onInput={() => save.isSuccess && save.reset()} className="grid gap-4">
      <Field label={imageWords.alt} hint={imageWords.altHint}>
        {(control) => (
          <Textarea {...control} name="alt" defaultValue={image.alt} maxLength={500} className="min-h-16" />
        )}
      </Field>
      <Field label={words.caption} hint={words.captionHint}>
        {(control) => <Input {...control} name="caption" defaultValue={image.caption} maxLength={1000} />}
      </Field>
      <Field label={words.name}>
        {(control) => <Input {...control} name="name" defaultValue={image.name} maxLength={200} required />}
      </Field>
      <div className="flex flex-wrap items-center gap-3">
        <Button size="small" type="submit" variant="primary" disabled={save.isPending}>
          {words.save}
        </Button>
        <p aria-live="polite" className="text-sm text-muted-foreground">
          {save.isSuccess ? words.saved : ''}
        </p>
      </div>
      {save.error && <ProblemNotice problem={save.error} />}
    </form>
  );
}

function Facts({ image }: { image: Image }) {
  const { kind, bytes, type, width, height, createdAt, deletedAt, costMicroUsd, model, prompt } = image;
  const facts: [string, ReactNode][] = [
    [words.kind, `${words.kinds[kind]}, ${type.replace('image/', '').toUpperCase()}`],
    [words.size, `${words.pixels(formatCount(width), formatCount(height))}, ${formatBytes(bytes)}`],
    [words.added, <RelativeTime key="added" at={createdAt} />],
  ];
  if (deletedAt) facts.push([words.deletedAt, <RelativeTime key="deleted" at={deletedAt} />]);
  if (kind === 'generated') {
    facts.push([words.cost, costMicroUsd === null ? words.costUnknown : formatMoney(costMicroUsd)]);
    if (model) facts.push([words.model, model]);
    if (prompt) facts.push([words.prompt, prompt]);
  }
  return (
    <section aria-label={words.facts}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-5 gap-y-1.5 text-sm">
        {facts.map(([label, value]) => (
          <div key={label} className="col-span-2 grid grid-cols-subgrid">
            <dt className="text-muted-foreground">{label}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Uses({ image: { usedBy, sites } }: { image: Image }) {
  return (
    <div className="grid gap-4 text-sm">
      <section className="grid gap-1.5">
        <h3 className="font-semibold">{words.articles}</h3>
        {usedBy.length === 0 && <p className="text-muted-foreground">{words.noArticles}</p>}
        <ul className="grid gap-1.5">
          {usedBy.map(({ id, title, featured, inText, binned }) => (
            <li key={id}>
              {binned ? (
                title
              ) : (
                <Link
                  to="/articles/$articleId"
                  params={{ articleId: id }}
                  search={{ tab: 'image' }}
                  className="text-accent underline underline-offset-4"
                >
                  {title}
                </Link>
              )}
              <span className="text-muted-foreground">
                {' '}
                ({featured && inText ? words.how.both : featured ? words.how.featured : words.how.inText}
                {binned && `, ${words.how.binned}`})
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section className="grid gap-1.5">
        <h3 className="font-semibold">{words.sites}</h3>
        {sites.length === 0 && <p className="text-muted-foreground">{words.noSites}</p>}
        <ul className="grid gap-1.5">
          {sites.map(({ id, name, url }) => (
            <li key={id}>
              <a
                href={url}
                target="_blank"
                rel="noopener noreferrer"
                className="text-accent underline underline-offset-4"
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

/** Done at once and undone from the toast; only what articles show is asked about. */
function Delete({ image, onClose }: { image: Image; onClose: () => void }) {
  const refresh = useImagesRefresh();
  const bringBack = useMutation({
    ...restoreImageMutation(),
    onSuccess: () => toast(words.restored(image.name)),
    onError: (problem) => toast(problem.detail),
    onSettled: refresh,
  });
  const remove = useMutation({
    ...deleteImageMutation(),
    onSuccess: async () => {
      onClose();
      toast(words.deleted(image.name), {
        label: words.undo,
        run: () => bringBack.mutate({ path: { id: image.id } }),
      });
      await refresh();
      // What had the focus is gone with the image.
      document.getElementById('main')?.focus({ preventScroll: true });
    },
    onError: refresh,
  });
  const { usedBy } = image;
  const end = (force: boolean) =>
    remove.mutate({ path: { id: image.id }, ...(force ? { query: { force: 'true' } } : {}) });
  const button = (label: string, onClick?: () => void) => (
    <Button size="small" variant="danger" className="justify-self-start" disabled={remove.isPending} onClick={onClick}>
      <Trash2 aria-hidden="true" />
      {label}
    </Button>
  );
  return (
    <div className="grid gap-2 border-t border-border pt-5">
      {usedBy.length === 0 ? (
        button(words.delete, () => end(false))
      ) : (
        <>
          <p className="text-sm text-muted-foreground">{words.inUse}</p>
          <Confirm
            trigger={button(words.deleteUsed)}
            title={words.deleteUsedTitle}
            description={words.deleteUsedText(usedBy.map(({ title }) => t.common.quote(title)).join(', '))}
            confirm={words.delete}
            keep={t.common.keep}
            onConfirm={() => end(true)}
          />
        </>
      )}
      {image.sites.length > 0 && <p className="text-sm text-muted-foreground">{words.onSitesStays}</p>}
      {remove.error && <ProblemNotice problem={remove.error} />}
    </div>
  );
}

function Restore({ image, onClose }: { image: Image; onClose: () => void }) {
  const refresh = useImagesRefresh();
  const restore = useMutation({
    ...restoreImageMutation(),
    onSuccess: () => {
      onClose();
      toast(words.restored(image.name));
    },
    onSettled: refresh,
  });
  return (
    <div className="grid gap-2 border-t border-border pt-5">
      <Button
        variant="primary"
        size="small"
        className="justify-self-start"
        disabled={restore.isPending}
        onClick={() => restore.mutate({ path: { id: image.id } })}
      >
        <Undo2 aria-hidden="true" />
        {words.restore}
      </Button>
      {restore.error && <ProblemNotice problem={restore.error} />}
    </div>
  );
}
