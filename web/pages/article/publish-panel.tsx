import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowUpRight } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import {
  cancelPublicationMutation,
  createPublicationMutation,
  getArticleQueryKey,
  listPublicationsOptions,
  listSitesOptions,
  retryPublicationMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Article, Publication, Site } from '@/api/client/types.gen.ts';
import { mistakeAt } from '@/api/problem.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { PublicationBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Choice } from '@/components/ui/choice.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/input.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatDateTime } from '@/format/time.ts';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';

const moving: Publication['status'][] = ['queued', 'publishing', 'scheduled'];

/** Where the article stands on which site, and the way to bring it there. */
export function PublishPanel({ article }: { article: Article }) {
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  const publications = useQuery({
    ...listPublicationsOptions({ query: { articleId: article.id, limit: 100 } }),
    refetchInterval: ({ state }) => (state.data?.items.some((item) => moving.includes(item.status)) ? 1500 : false),
  });
  if (sites.isPending || publications.isPending) return <SkeletonRows rows={3} />;
  if (sites.error) return <LoadProblem problem={sites.error} onRetry={sites.refetch} />;
  if (publications.error) return <LoadProblem problem={publications.error} onRetry={publications.refetch} />;
  return (
    <div className="grid grid-cols-1 gap-6 p-4">
      {publications.data.items.length > 0 && (
        <ul aria-label={t.publish.list} className="grid gap-3">
          {publications.data.items.map((publication) => (
            <PublicationCard
              key={publication.id}
              publication={publication}
              site={sites.data.items.find((site) => site.id === publication.siteId)}
            />
          ))}
        </ul>
      )}
      {sites.data.items.length === 0 ? (
        <EmptyState
          title={t.publish.noSites}
          action={
            <Button variant="primary" asChild>
              <Link to="/sites">{t.sites.add}</Link>
            </Button>
          }
        >
          {t.publish.noSitesHint}
        </EmptyState>
      ) : (
        <PublishForm article={article} sites={sites.data.items} />
      )}
    </div>
  );
}

function useRefresh(articleId: string) {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: [{ _id: 'listPublications' }] }),
      queries.invalidateQueries({ queryKey: getArticleQueryKey({ path: { id: articleId } }) }),
    ]);
}

function PublishForm({ article, sites }: { article: Article; sites: Site[] }) {
  const [siteId, setSiteId] = useState(sites[0]?.id ?? '');
  const [status, setStatus] = useState<'draft' | 'publish'>('draft');
  const key = useRef(newKey());
  const refresh = useRefresh(article.id);
  const publish = useMutation({
    ...createPublicationMutation(),
    onSuccess: async () => {
      key.current = newKey();
      await refresh();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!publish.isPending)
      publish.mutate({
        path: { id: article.id },
        body: { siteId, status },
        headers: { 'Idempotency-Key': `${key.current}-${siteId}-${status}` },
      });
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-4">
      <Field label={t.publish.site} error={mistakeAt(publish.error?.errors, 'siteId')}>
        {(control) => (
          <Select {...control} value={siteId} onChange={(event) => setSiteId(event.target.value)}>
            {sites.map((site) => (
              <option key={site.id} value={site.id}>
                {site.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Choice
        legend={t.publish.as}
        value={status}
        onChange={setStatus}
        options={[
          { value: 'draft', label: t.publish.asDraft },
          { value: 'publish', label: t.publish.asPost },
        ]}
      />
      {publish.error && <ProblemNotice problem={publish.error} />}
      <Button type="submit" variant="primary" aria-disabled={publish.isPending}>
        {status === 'draft' ? t.publish.sendDraft : t.publish.sendPost}
      </Button>
      {status === 'publish' && <p className="text-sm text-muted-foreground">{t.publish.isApproval}</p>}
    </form>
  );
}

function newKey(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

function PublicationCard({ publication, site }: { publication: Publication; site: Site | undefined }) {
  const { id, status, wanted, error, warnings, remoteUrl, nextAttemptAt, publishedAt, publishAt } = publication;
  const refresh = useRefresh(publication.articleId);
  const retry = useMutation({ ...retryPublicationMutation(), onSettled: refresh });
  const cancel = useMutation({ ...cancelPublicationMutation(), onSettled: refresh });
  const unfinished = moving.includes(status);
  const mayRetry = status === 'failed' || status === 'conflict' || (unfinished && nextAttemptAt !== null);
  const problem = retry.error ?? cancel.error;
  return (
    <li className="grid grid-cols-1 gap-2 rounded-lg border border-border p-3.5 text-sm">
      <div className="flex items-center justify-between gap-3">
        <Link
          to="/publications/$publicationId"
          params={{ publicationId: id }}
          className="min-w-0 truncate font-medium underline underline-offset-4"
        >
          {site?.name ?? t.publish.siteGone}
        </Link>
        <PublicationBadge publication={publication} />
      </div>
      <p className="text-muted-foreground" aria-live="polite">
        {t.publish.wanted[wanted]}
        {publishedAt
          ? ` · ${formatDateTime(new Date(publishedAt))}`
          : publishAt
            ? ` · ${formatDateTime(new Date(publishAt))}`
            : ''}
      </p>
      {remoteUrl && (
        <a
          href={remoteUrl}
          target="_blank"
          rel="noopener noreferrer"
          className="font-medium break-all text-accent underline underline-offset-4"
        >
          {t.publish.open}
          <ArrowUpRight aria-hidden="true" className="ml-0.5 inline size-4" />
        </a>
      )}
      {warnings.map((warning) => (
        <p key={warning} className="text-warning">
          {warning}
        </p>
      ))}
      {error && status !== 'published' && (
        <div>
          <p className="text-danger">{error.message}</p>
          <p>{error.hint}</p>
        </div>
      )}
      {unfinished && nextAttemptAt && (
        <p className="text-muted-foreground">
          {t.publish.nextAttempt} <RelativeTime at={nextAttemptAt} />
        </p>
      )}
      {problem && <ProblemNotice problem={problem} />}
      {(mayRetry || unfinished) && (
        <div className="flex flex-wrap gap-2">
          {mayRetry && (
            <Button size="small" onClick={() => retry.mutate({ path: { id } })}>
              {t.publish.tryNow}
            </Button>
          )}
          {unfinished && (
            <Button size="small" onClick={() => cancel.mutate({ path: { id } })}>
              {t.publish.cancel}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}
