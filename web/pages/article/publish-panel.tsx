import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowUpRight } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import {
  createPublicationMutation,
  listArticleApprovalsOptions,
  listPublicationsOptions,
  listSitesOptions,
  retryPublicationMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Article, CreatePublicationData, PostOptions, Publication, Site } from '@/api/client/types.gen.ts';
import { mistakeAt } from '@/api/problem.ts';
import { ApprovalList } from '@/components/approval-list.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { Folding } from '@/components/folding.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { PublicationTime, PublicationWait } from '@/components/publication-wait.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { SiteSelect } from '@/components/site-select.tsx';
import { SiteTimeField } from '@/components/site-time-field.tsx';
import { PublicationBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Choice } from '@/components/ui/choice.tsx';
import { Field } from '@/components/ui/field.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatDateTime } from '@/format/time.ts';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { useCancel, usePublicationRefresh } from '../publication/use-cancel.ts';
import { PostDefaults } from '../sites/post-defaults.tsx';

const moving: Publication['status'][] = ['queued', 'publishing', 'scheduled'];

/** Where the article stands on which site, and the way to bring it there. */
export function PublishPanel({ article }: { article: Article }) {
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  const publications = useQuery({
    ...listPublicationsOptions({ query: { articleId: article.id, limit: 100 } }),
    refetchInterval: ({ state }) => (state.data?.items.some((item) => moving.includes(item.status)) ? 1500 : false),
  });
  const approvals = useQuery(listArticleApprovalsOptions({ path: { id: article.id } }));
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
      <ApprovalList approvals={approvals.data?.items ?? []} />
    </div>
  );
}

function PublishForm({ article, sites }: { article: Article; sites: Site[] }) {
  const [siteId, setSiteId] = useState(sites[0]?.id ?? '');
  const site = sites.find(({ id }) => id === siteId);
  return (
    <div className="grid grid-cols-1 gap-4">
      <Field label={t.publish.site}>
        {(control) => <SiteSelect {...control} sites={sites} value={siteId} onSite={setSiteId} />}
      </Field>
      {/* What is usual at one site says nothing about another one. */}
      {site && <WishForm key={site.id} article={article} site={site} />}
    </div>
  );
}

type Wish = NonNullable<CreatePublicationData['body']>;

function WishForm({ article, site }: { article: Article; site: Site }) {
  const [status, setStatus] = useState<Wish['status']>(site.settings.status);
  const [publishAt, setPublishAt] = useState('');
  const [more, setMore] = useState(false);
  const [options, setOptions] = useState<PostOptions>({});
  const [priority, setPriority] = useState<Publication['priority']>('normal');
  const [missing, setMissing] = useState(false);
  const attempt = useRef({ body: '', key: '' });
  const refresh = usePublicationRefresh();
  const publish = useMutation({
    ...createPublicationMutation(),
    onSuccess: async () => {
      attempt.current = { body: '', key: '' };
      await refresh();
    },
  });
  const timed = status === 'future';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (publish.isPending) return;
    setMissing(timed && publishAt === '');
    if (timed && publishAt === '') return;
    const body: Wish = {
      siteId: site.id,
      status,
      priority,
      // What was not touched stays what is usual for the site, also when that changes before it is sent.
      ...(Object.keys(options).length > 0 ? { options } : {}),
      ...(timed ? { publishAt } : {}),
    };
    // The same wish sent once more is the same request, should its answer have been lost.
    const text = JSON.stringify(body);
    if (attempt.current.body !== text) attempt.current = { body: text, key: newKey() };
    publish.mutate({ path: { id: article.id }, body, headers: { 'Idempotency-Key': attempt.current.key } });
  };
  return (
    <form onSubmit={submit} noValidate className="grid grid-cols-1 gap-4">
      <Choice
        legend={t.publish.as}
        value={status}
        onChange={setStatus}
        options={[
          { value: 'draft', label: t.publish.asDraft },
          { value: 'publish', label: t.publish.asPost },
          { value: 'future', label: t.publish.asTimed },
        ]}
      />
      {timed && (
        <SiteTimeField
          label={t.queue.timeAt(site.timezone)}
          value={publishAt}
          onChange={(typed) => {
            setPublishAt(typed);
            setMissing(false);
          }}
          timeZone={site.timezone}
          error={missing ? t.queue.timeNeeded : mistakeAt(publish.error?.errors, 'publishAt')}
        />
      )}
      <Folding
        title={t.publish.more}
        titleClassName="px-3.5 py-3"
        open={more}
        onToggle={(event) => setMore(event.currentTarget.open)}
        className="rounded-lg border border-border"
      >
        {/* Only when it is looked at, because the site is asked what it has. */}
        {more && (
          <div className="grid grid-cols-1 gap-5 px-3.5 pt-1 pb-3.5">
            <PostDefaults
              siteId={site.id}
              value={{ ...site.settings, ...withoutImage(options) }}
              onChange={({ cardBackground: _background, cardText: _text, ...change }) =>
                setOptions((before) => ({ ...before, ...change }))
              }
              withoutImage
            />
            <Choice
              legend={t.publish.featuredImage}
              value={options.featuredImage ?? (site.settings.featuredImage === 'none' ? 'none' : 'article')}
              onChange={(featuredImage) => setOptions((before) => ({ ...before, featuredImage }))}
              options={(['article', 'card', 'none'] as const).map((value) => ({
                value,
                label: t.publish.featuredImages[value],
              }))}
            />
            <label className="flex items-center gap-3 text-sm">
              <input
                type="checkbox"
                checked={options.sticky ?? false}
                onChange={(event) => setOptions((before) => ({ ...before, sticky: event.target.checked }))}
                className="size-4 shrink-0 accent-accent"
              />
              {t.publish.sticky}
            </label>
            <Choice
              legend={t.publish.priority}
              value={priority}
              onChange={setPriority}
              options={(['high', 'normal', 'low'] as const).map((value) => ({
                value,
                label: t.queue.priorities[value],
              }))}
            />
          </div>
        )}
      </Folding>
      {publish.error && <ProblemNotice problem={publish.error} />}
      <Button type="submit" variant="primary" aria-disabled={publish.isPending}>
        {status === 'draft' ? t.publish.sendDraft : timed ? t.publish.sendTimed : t.publish.sendPost}
      </Button>
      {status !== 'draft' && <p className="text-sm text-muted-foreground">{t.publish.isApproval}</p>}
      {site.pausedBy && (
        <p className="text-sm text-warning">
          {site.pausedBy === 'user' ? t.publish.paused(site.name) : t.publish.pausedBySite(site.name)}{' '}
          <Link to="/queue" className="text-accent underline underline-offset-4">
            {t.publish.inQueue}
          </Link>
        </p>
      )}
    </form>
  );
}

function withoutImage({ featuredImage: _image, ...options }: PostOptions): Omit<PostOptions, 'featuredImage'> {
  return options;
}

function newKey(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

function PublicationCard({ publication, site }: { publication: Publication; site: Site | undefined }) {
  const { id, status, wanted, error, warnings, remoteUrl, publishedAt, waiting } = publication;
  const retry = useMutation({ ...retryPublicationMutation(), onSettled: usePublicationRefresh() });
  const cancel = useCancel();
  const unfinished = moving.includes(status);
  const timed = waiting?.reason === 'time';
  const mayRetry = status === 'failed' || timed || waiting?.reason === 'retry';
  const problem = retry.error ?? cancel.problem;
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
        {publishedAt && ` · ${formatDateTime(new Date(publishedAt))}`}
      </p>
      {unfinished && <PublicationTime publication={publication} />}
      <PublicationWait publication={publication} />
      {unfinished && (
        <Link to="/queue" className="justify-self-start text-accent underline underline-offset-4">
          {t.publish.inQueue}
        </Link>
      )}
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
        <p key={warning} dir="auto" className="text-warning [overflow-wrap:anywhere]">
          <ServerText>{warning}</ServerText>
        </p>
      ))}
      {error && status !== 'published' && (
        <div>
          <p className="text-danger">
            <ServerText>{error.message}</ServerText>
          </p>
          <p>
            <ServerText>{error.hint}</ServerText>
          </p>
        </div>
      )}
      {problem && <ProblemNotice problem={problem} />}
      <div className="flex flex-wrap items-center gap-2">
        <Link
          to="/publications/$publicationId"
          params={{ publicationId: id }}
          className="text-accent underline underline-offset-4"
        >
          {status === 'conflict' ? t.queue.compare : t.publish.details}
        </Link>
        {mayRetry && (
          <Button size="small" onClick={() => retry.mutate({ path: { id } })}>
            {timed ? t.queue.sendNow : t.publish.tryNow}
          </Button>
        )}
        {unfinished && (
          <Button size="small" onClick={() => cancel.run(publication)}>
            {t.publish.cancel}
          </Button>
        )}
      </div>
    </li>
  );
}
