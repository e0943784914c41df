import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowUpRight, RefreshCw, Trash2, Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { getSourceDocumentOptions, listSourcePassagesInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { SourceDocumentDetails } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { formatDate, formatDateTime } from '@/format/time.ts';
import { t } from '@/strings.ts';
import { sourceLibraryWords as words } from '@/strings-sources.ts';
import { useSourceCommands } from './use-source-commands.ts';

interface SourceDetailsProps {
  id: string;
  onClose: () => void;
  /** Shows another one in its place. */
  onOpen: (id: string) => void;
}

/** One stored source: its text with what is quoted, where it is used, and what can be done with it. */
export function SourceDetails({ id, onClose, onOpen }: SourceDetailsProps) {
  const { data, error } = useQuery(getSourceDocumentOptions({ path: { id } }));
  return (
    <Dialog title={data?.title ?? words.title} onClose={onClose}>
      {data ? (
        <div className="grid grid-cols-1 md:grid-cols-[minmax(0,1fr)_20rem]">
          <div className="order-2 min-w-0 border-border p-4 max-md:border-t sm:p-6 md:order-1 md:border-r">
            <Passages id={id} language={data.language} />
          </div>
          <div className="order-1 grid content-start gap-6 p-4 sm:p-6 md:order-2">
            <Facts source={data} />
            <Uses source={data} />
            <Readings source={data} onOpen={onOpen} />
            <Commands source={data} onClose={onClose} onOpen={onOpen} />
          </div>
        </div>
      ) : error ? (
        <div className="p-4 sm:p-6">
          <ProblemNotice problem={error} {...(error.status === 404 ? { title: words.gone } : {})} />
        </div>
      ) : (
        <div role="status" aria-label={t.common.loading} className="grid gap-3 p-4 sm:p-6">
          <Skeleton className="h-5 w-full" />
          <Skeleton className="h-5 w-11/12" />
          <Skeleton className="h-5 w-4/5" />
        </div>
      )}
    </Dialog>
  );
}

function Passages({ id, language }: { id: string; language: string | null }) {
  const pages = useInfiniteQuery({
    ...listSourcePassagesInfiniteOptions({ path: { id }, query: { limit: 50 } }),
    initialPageParam: { path: { id } },
    getNextPageParam: (last) => (last.nextCursor === null ? undefined : Number(last.nextCursor)),
  });
  const passages = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <section aria-label={words.text} className="grid gap-4">
      <h3 className="text-sm font-semibold">{words.text}</h3>
      {pages.isPending && <Skeleton className="h-24 w-full" />}
      {pages.error && <ProblemNotice problem={pages.error} />}
      {passages.map(({ id: key, heading, text, claims }, index) => (
        <div key={key} className={cn('border-l-2 pl-3.5', claims > 0 ? 'border-success' : 'border-transparent')}>
          <div lang={language ?? undefined} dir="auto">
            {heading !== null && heading !== passages[index - 1]?.heading && (
              <h4 className="mb-1 font-semibold">{heading}</h4>
            )}
            <p className="font-serif leading-relaxed break-words whitespace-pre-line">{text}</p>
          </div>
          {claims > 0 && <p className="mt-1 text-sm text-success">{words.quoted(claims)}</p>}
        </div>
      ))}
      {pages.hasNextPage && (
        <Button disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t.common.more}
        </Button>
      )}
    </section>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="grid gap-1.5">
      <h3 className="text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Facts({ source }: { source: SourceDocumentDetails }) {
  const { url, kind, author, publishedAt, fetchedAt, checkedAt, wordCount, found } = source;
  const facts: [string, ReactNode][] = [
    ...(url
      ? [
          [
            words.address,
            <a
              key="address"
              href={url}
              target="_blank"
              rel="noopener noreferrer"
              className="break-all text-accent underline underline-offset-4"
            >
              {url}
              <ArrowUpRight aria-hidden="true" className="ml-0.5 inline size-3.5" />
            </a>,
          ] satisfies [string, ReactNode],
        ]
      : []),
    ...(author ? [[words.author, author] satisfies [string, ReactNode]] : []),
    ...(publishedAt ? [[words.published, formatDate(new Date(publishedAt))] satisfies [string, ReactNode]] : []),
    [words.read, formatDateTime(new Date(fetchedAt))],
    ...(checkedAt
      ? [[words.checked, <RelativeTime key="checked" at={checkedAt} />] satisfies [string, ReactNode]]
      : []),
    ...(found.length > 0
      ? [
          [
            words.namedBy,
            found.map(({ foundBy }) => (foundBy === null ? words.brief : words.foundBy(foundBy))).join('; '),
          ] satisfies [string, ReactNode],
        ]
      : []),
  ];
  return (
    <Section title={words.facts}>
      <p className="text-sm text-muted-foreground">
        {words.kinds[kind]} · {words.words(wordCount)}
      </p>
      <dl className="grid gap-1.5 text-sm">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-muted-foreground">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function Uses({ source: { uses } }: { source: SourceDocumentDetails }) {
  return (
    <Section title={words.uses}>
      {uses.length === 0 ? (
        <p className="text-sm text-muted-foreground">{words.notUsed}</p>
      ) : (
        <ul className="grid gap-2 text-sm">
          {uses.map(({ articleId, title, number, claims, deleted }) => (
            <li key={articleId}>
              {deleted ? (
                <span dir="auto">{title}</span>
              ) : (
                <Link
                  to="/articles/$articleId"
                  params={{ articleId }}
                  search={{ tab: 'claims' }}
                  dir="auto"
                  className="text-accent underline underline-offset-4"
                >
                  {title}
                </Link>
              )}
              <span className="block text-muted-foreground">
                {[words.footnote(number), words.claims(claims), deleted && words.inBin].filter(Boolean).join(' · ')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Readings({
  source: { otherReadings },
  onOpen,
}: {
  source: SourceDocumentDetails;
  onOpen: (id: string) => void;
}) {
  if (otherReadings.length === 0) return null;
  return (
    <Section title={words.readings}>
      <ul className="grid justify-items-start gap-1">
        {otherReadings.map(({ id, fetchedAt }) => (
          <li key={id}>
            <Button variant="link" size="small" onClick={() => onOpen(id)}>
              {formatDateTime(new Date(fetchedAt))}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Commands({ source, onClose, onOpen }: { source: SourceDocumentDetails } & Omit<SourceDetailsProps, 'id'>) {
  const { restore, remove, refresh } = useSourceCommands();
  const path = { path: { id: source.id } };
  const problem = restore.error ?? remove.error ?? refresh.error;
  if (source.deletedAt) {
    return (
      <div className="grid justify-items-start gap-3">
        <Button onClick={() => restore.mutate(path, { onSuccess: onClose })} disabled={restore.isPending}>
          <Undo2 aria-hidden="true" />
          {words.restore}
        </Button>
        {problem && <ProblemNotice problem={problem} />}
      </div>
    );
  }
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap gap-2">
        {source.url !== null && (
          <Button
            size="small"
            disabled={refresh.isPending}
            onClick={() =>
              refresh.mutate(path, { onSuccess: ({ changed, document }) => changed && onOpen(document.id) })
            }
          >
            <RefreshCw aria-hidden="true" />
            {refresh.isPending ? words.refreshing : words.refresh}
          </Button>
        )}
        {source.uses.length === 0 && (
          <Button
            size="small"
            variant="danger"
            disabled={remove.isPending}
            onClick={() => remove.mutate(path, { onSuccess: onClose })}
          >
            <Trash2 aria-hidden="true" />
            {words.remove}
          </Button>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {source.url !== null && <p className="text-sm text-muted-foreground">{words.refreshHint}</p>}
      {source.uses.length > 0 && <p className="text-sm text-muted-foreground">{words.proof}</p>}
    </div>
  );
}
