import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ArrowUpRight } from 'lucide-react';
import {
  getPublicationOptions,
  listSitesOptions,
  retryPublicationMutation,
  trashPublicationMutation,
  unpublishPublicationMutation,
  updatePublishedPostMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Publication } from '@/api/client/types.gen.ts';
import { fromServer } from '@/api/server-text.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { Page } from '@/components/page.tsx';
import { PublicationTime, PublicationWait } from '@/components/publication-wait.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { PublicationBadge } from '@/components/status-badge.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { publicationWords } from '@/strings-publication.ts';
import { LoadProblem, Missing } from '../error-pages.tsx';
import { ConflictView } from './conflict-view.tsx';
import { useCancel, usePublicationRefresh } from './use-cancel.ts';

const words = publicationWords;
const moving: Publication['status'][] = ['queued', 'publishing', 'scheduled'];

/** One publication: where the post stands, what to do with it, and what a person has changed on the site. */
export function PublicationPage() {
  const { publicationId } = useParams({ from: '/signed-in/publications/$publicationId' });
  const query = useQuery({
    ...getPublicationOptions({ path: { id: publicationId } }),
    refetchInterval: ({ state }) => (state.data && moving.includes(state.data.status) ? 1500 : false),
  });
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  if (query.error?.status === 404 || query.error?.status === 422) return <Missing what={words.gone} />;
  const site = sites.data?.items.find(({ id }) => id === query.data?.siteId);
  return (
    <Page
      title={query.data?.title ?? words.title}
      heading={query.data ? <bdi className="break-words">{query.data.title ?? t.queue.untitled}</bdi> : words.title}
      intro={query.data && sites.isSuccess && words.of(site?.name ?? t.publish.siteGone)}
    >
      {query.error && <LoadProblem problem={query.error} onRetry={query.refetch} />}
      {query.isPending && <SkeletonRows rows={4} />}
      {query.data && (
        <div className="grid grid-cols-1 gap-6">
          <Standing publication={query.data} />
          {query.data.status === 'conflict' && <ConflictView key={query.data.id} publication={query.data} />}
        </div>
      )}
    </Page>
  );
}

function Standing({ publication }: { publication: Publication }) {
  const { articleId, status, task, remoteUrl, warnings, dropped, error, outdated, remoteChangedAt } = publication;
  const settled = status === 'published' || status === 'unpublished';
  const age = outdated === null ? words.unknown : outdated ? words.outdated : words.upToDate;
  return (
    <Card className="grid grid-cols-1 gap-3 p-4 sm:p-5">
      <div aria-live="polite" className="grid grid-cols-1 gap-2">
        <p className="flex flex-wrap items-center gap-3">
          <PublicationBadge publication={publication} />
          {status === 'publishing' && <span>{words.working[task]}</span>}
        </p>
        {!settled && <PublicationTime publication={publication} />}
        <PublicationWait publication={publication} />
        {settled && publication.remoteId !== null && <p>{age}</p>}
        {error && status !== 'conflict' && !settled && (
          <Notice tone="danger" title={fromServer(error.message)}>
            <p>
              <ServerText>{error.hint}</ServerText>
            </p>
          </Notice>
        )}
        {warnings.map((warning) => (
          <p key={warning} dir="auto" className="text-warning [overflow-wrap:anywhere]">
            <ServerText>{warning}</ServerText>
          </p>
        ))}
        {dropped.length > 0 && (
          <p className="text-warning">
            {words.dropped}: {dropped.map((name) => words.conflict.names[name] ?? name).join(', ')}
          </p>
        )}
      </div>
      <p className="flex flex-wrap gap-x-5 gap-y-2">
        <Link
          to="/articles/$articleId"
          params={{ articleId }}
          search={{ tab: 'publish' }}
          className="font-medium text-accent underline underline-offset-4"
        >
          {words.article}
        </Link>
        {moving.includes(status) && (
          <Link to="/queue" className="font-medium text-accent underline underline-offset-4">
            {words.queue}
          </Link>
        )}
        {remoteUrl && (
          <a
            href={remoteUrl}
            target="_blank"
            rel="noopener noreferrer"
            className="font-medium text-accent underline underline-offset-4"
          >
            {t.publish.open}
            <ArrowUpRight aria-hidden="true" className="ml-0.5 inline size-4" />
          </a>
        )}
      </p>
      {remoteChangedAt && (
        <p className="text-sm text-muted-foreground">
          {words.changed} <RelativeTime at={remoteChangedAt} />
        </p>
      )}
      <Actions publication={publication} />
    </Card>
  );
}

function Actions({ publication }: { publication: Publication }) {
  const { id, status, task, remoteId, remoteStatus, waiting } = publication;
  const onSettled = usePublicationRefresh();
  const update = useMutation({ ...updatePublishedPostMutation(), onSettled });
  const unpublish = useMutation({ ...unpublishPublicationMutation(), onSettled });
  const trash = useMutation({ ...trashPublicationMutation(), onSettled });
  const retry = useMutation({ ...retryPublicationMutation(), onSettled });
  const cancel = useCancel();
  const problem = [update, unpublish, trash, retry].map(({ error }) => error).find(Boolean) ?? cancel.problem;
  const path = { id };
  const there = remoteId !== null && !moving.includes(status) && remoteStatus !== 'trash' && remoteStatus !== null;
  const stopped = status === 'conflict';
  const timed = waiting?.reason === 'time';
  // What waits for its turn or for a pause to end gains nothing by being tried.
  const mayRetry = status === 'failed' || status === 'cancelled' || stopped || timed || waiting?.reason === 'retry';
  const retryWords = stopped ? words.conflict.lookAgain : timed ? t.queue.sendNow : t.publish.tryNow;
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      <div className="flex flex-wrap gap-2">
        {there && !stopped && (
          <Button variant={publication.outdated ? 'primary' : 'secondary'} onClick={() => update.mutate({ path })}>
            {words.update}
          </Button>
        )}
        {there && !stopped && remoteStatus === 'publish' && (
          <Confirm
            trigger={<Button>{words.unpublish}</Button>}
            title={words.unpublishTitle}
            description={words.unpublishText}
            confirm={words.unpublish}
            keep={t.common.keep}
            onConfirm={() => unpublish.mutate({ path })}
          />
        )}
        {there && (!stopped || task === 'trash') && (
          <Confirm
            trigger={<Button variant="danger">{stopped ? words.trashEdited : words.trash}</Button>}
            title={words.trashTitle}
            description={words.trashText}
            confirm={words.trash}
            keep={t.common.keep}
            onConfirm={() => trash.mutate({ path, body: { evenIfEdited: stopped } })}
          />
        )}
        {mayRetry && <Button onClick={() => retry.mutate({ path })}>{retryWords}</Button>}
        {(moving.includes(status) || status === 'failed') && (
          <Button onClick={() => cancel.run(publication)}>{t.publish.cancel}</Button>
        )}
      </div>
    </>
  );
}
