import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Pencil } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from 'react';
import {
  getArticleOptions,
  getPipelineOptions,
  listArticleClaimsOptions,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Article } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { useMediaQuery } from '@/components/media-query.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { ArticleBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { formatCount } from '@/format/money.ts';
import { formatDate } from '@/format/time.ts';
import { t } from '@/strings.ts';
import { historyWords } from '@/strings-images.ts';
import { LoadProblem, Missing } from '../error-pages.tsx';
import { useRunCommands } from '../run/use-run-commands.ts';
import { Approval } from '../run/waiting-panel.tsx';
import { ArticleText } from './article-text.tsx';
import { ClaimsPanel } from './claims-panel.tsx';
import { DeadLinks } from './dead-links.tsx';
import { ImagePanel } from './image-panel.tsx';
import { markClaims } from './mark-claims.ts';
import { Outdated } from './outdated.tsx';
import { PublishPanel } from './publish-panel.tsx';
import { SeoPanel } from './seo-panel.tsx';
import { SourcesPanel } from './sources-panel.tsx';

/** The menu and what places it weigh more than the rest of the page's own code: they come after the text. */
const CopyMenu = lazy(() => import('./copy-menu.tsx').then((module) => ({ default: module.CopyMenu })));

/** The editor weighs as much as the rest of the app: it comes when someone wants to write. */
const loadEditor = () => import('./editor/edited-article.tsx');
const EditedArticle = lazy(loadEditor);

const panels = ['claims', 'sources', 'seo', 'image', 'publish'] as const;
type Panel = (typeof panels)[number];

/** One article: its text, and what it rests on, how it does in search, where it is published. */
export function ArticlePage() {
  const { articleId } = useParams({ from: '/signed-in/articles/$articleId' });
  const query = useQuery(getArticleOptions({ path: { id: articleId } }));
  if (query.data) return <ArticleView key={articleId} article={query.data} />;
  if (query.error?.status === 404 || query.error?.status === 422) return <Missing what={t.article.gone} />;
  return (
    <div className="mx-auto grid w-full max-w-2xl gap-5 px-4 py-11 sm:px-8">
      <title>{`${t.article.title} · ${t.shell.product}`}</title>
      {query.error ? (
        <LoadProblem problem={query.error} onRetry={query.refetch} />
      ) : (
        <div role="status" aria-label={t.common.loading} className="grid gap-4">
          <Skeleton className="h-11 w-full" />
          <Skeleton className="mb-4 h-5 w-1/2" />
          <Skeleton className="h-5 w-full" />
          <Skeleton className="h-5 w-11/12" />
          <Skeleton className="h-5 w-full" />
          <Skeleton className="h-5 w-4/5" />
        </div>
      )}
    </div>
  );
}

function ArticleView({ article }: { article: Article }) {
  const search = useSearch({ from: '/signed-in/articles/$articleId' });
  const navigate = useNavigate({ from: '/articles/$articleId' });
  const wide = useMediaQuery('(min-width: 80rem)');
  const [reveal, setReveal] = useState(search.claim ? 1 : 0);
  const claims = useQuery(listArticleClaimsOptions({ path: { id: article.id } }));
  const marked = useMemo(() => markClaims(article.html, claims.data?.items ?? []), [article.html, claims.data]);
  const numbers = useMemo(
    () => new Map(article.sources.map((source) => [source.id, source.number])),
    [article.sources],
  );

  const panel = panels.find((name) => name === search.tab) ?? (wide ? 'claims' : undefined);
  const select = (claim: string | undefined) => {
    setReveal((times) => (wide && claim ? times + 1 : 0));
    void navigate({ search: ({ edit }) => ({ tab: 'claims', claim, edit }), replace: true, resetScroll: false });
  };
  const selectInText = (claim: string) => {
    setReveal(0);
    // On a phone this leaves the text, and the back button returns to it.
    void navigate({ search: ({ edit }) => ({ tab: 'claims', claim, edit }), replace: wide, resetScroll: false });
  };
  const showInText = (claim: string) => {
    setReveal((times) => times + 1);
    void navigate({ search: ({ edit }) => ({ claim, edit }), resetScroll: false });
  };
  const showPanel = (name: string) => {
    void navigate({
      search: (before) => ({ claim: before.claim, edit: before.edit, tab: name === 'text' ? undefined : name }),
      replace: true,
      resetScroll: false,
    });
  };

  const editing = search.edit !== undefined;
  const edit = (on: boolean) =>
    void navigate({
      search: (before) => ({ ...before, edit: on ? 'text' : undefined }),
      replace: true,
      resetScroll: false,
    });
  useEditKey(!editing, () => edit(true));
  const sentence = claims.data?.items.find(({ id }) => id === search.claim)?.text;
  const revealed = useMemo(() => (sentence === undefined ? null : { sentence, times: reveal }), [sentence, reveal]);

  const layout = ({ column, search: searchFields }: { column: ReactNode; search?: ReactNode }) => (
    <Tabs
      value={panel ?? 'text'}
      onValueChange={showPanel}
      className="min-[80rem]:grid min-[80rem]:grid-cols-[minmax(0,1fr)_25rem]"
    >
      <title>{`${article.title} · ${t.shell.product}`}</title>
      <article
        className={cn(
          'mx-auto w-full max-w-[44rem] min-w-0 px-4 sm:px-8 min-[80rem]:pb-24',
          editing ? 'min-[80rem]:pt-0' : 'pt-7 lg:pt-11',
        )}
      >
        {!editing && <ArticleHeader article={article} onEdit={() => edit(true)} />}
        {!wide && (
          <PanelTabs
            text
            className={cn('z-20 -mx-4 bg-background px-2 sm:-mx-8 sm:px-6', !editing && 'sticky top-13 mt-6 lg:top-0')}
          />
        )}
        {wide ? (
          column
        ) : (
          // The text stays mounted behind the panels: what is being written there must not go.
          <TabsContent
            value="text"
            forceMount={editing || undefined}
            className={cn('pb-10 data-[state=inactive]:hidden', !editing && 'pt-6')}
          >
            {column}
          </TabsContent>
        )}
      </article>
      <aside
        aria-label={t.article.panel}
        className="mx-auto w-full max-w-[44rem] min-w-0 sm:px-4 min-[80rem]:sticky min-[80rem]:top-0 min-[80rem]:h-dvh min-[80rem]:overflow-y-auto min-[80rem]:border-l min-[80rem]:border-border min-[80rem]:bg-card min-[80rem]:px-0"
      >
        {wide && <PanelTabs className="sticky top-0 z-10 bg-card px-1.5 pt-1.5" />}
        <TabsContent value="claims">
          <ClaimsPanel
            articleId={article.id}
            numbers={numbers}
            found={marked.found}
            selected={search.claim}
            onSelect={select}
            onShowInText={wide ? undefined : showInText}
          />
        </TabsContent>
        <TabsContent value="sources">
          <SourcesPanel article={article} />
        </TabsContent>
        <TabsContent value="seo">
          {searchFields}
          <SeoPanel article={article} onShowText={wide ? undefined : () => showPanel('text')} />
        </TabsContent>
        <TabsContent value="image">
          <ImagePanel article={article} />
        </TabsContent>
        <TabsContent value="publish">
          <PublishPanel article={article} />
        </TabsContent>
      </aside>
    </Tabs>
  );
  const reading = layout({
    column: (
      <ArticleText
        html={marked.html}
        language={article.language}
        showClaims={panel === 'claims' || (!wide && search.claim !== undefined)}
        selected={search.claim}
        reveal={reveal}
        onSelect={selectInText}
      />
    ),
  });
  if (!editing) return reading;
  return (
    <Suspense fallback={layout({ column: <EditorSkeleton /> })}>
      <EditedArticle article={article} reveal={revealed} onDone={() => edit(false)} layout={layout} />
    </Suspense>
  );
}

/** `e` opens the editor, unless something is being typed. */
function useEditKey(on: boolean, open: () => void): void {
  useEffect(() => {
    if (!on) return;
    const listen = (event: KeyboardEvent) => {
      const { target } = event;
      const types =
        target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
      const covered = document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null;
      if (event.key !== 'e' || event.ctrlKey || event.metaKey || event.altKey || types || covered) return;
      event.preventDefault();
      open();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  });
}

const EditorSkeleton = () => (
  <div role="status" aria-label={t.common.loading} className="grid gap-4 pt-6">
    <Skeleton className="h-10 w-full" />
    <Skeleton className="h-11 w-full" />
    <Skeleton className="h-5 w-full" />
    <Skeleton className="h-5 w-11/12" />
  </div>
);

function PanelTabs({ text = false, className }: { text?: boolean; className: string }) {
  return (
    <TabsList aria-label={t.article.panel} className={className}>
      {text && <TabsTrigger value="text">{t.article.tabs.text}</TabsTrigger>}
      {panels.map((name: Panel) => (
        <TabsTrigger key={name} value={name}>
          {t.article.tabs[name]}
        </TabsTrigger>
      ))}
    </TabsList>
  );
}

function ArticleHeader({ article, onEdit }: { article: Article; onEdit: () => void }) {
  return (
    <header className="min-[80rem]:mb-9">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted-foreground">
          <ArticleBadge status={article.status} />
          <span>{formatDate(new Date(article.createdAt))}</span>
        </p>
        <div className="flex flex-wrap gap-2">
          <Button size="small" onClick={onEdit} onPointerEnter={() => void loadEditor()} aria-keyshortcuts="e">
            <Pencil aria-hidden="true" />
            {t.article.edit}
          </Button>
          <Button size="small" asChild>
            <Link to="/articles/$articleId/preview" params={{ articleId: article.id }}>
              {t.article.preview}
            </Link>
          </Button>
          {article.pipelineId && (
            <Button size="small" asChild>
              <Link to="/runs/$runId" params={{ runId: article.pipelineId }}>
                {t.article.run}
              </Link>
            </Button>
          )}
          {article.revision > 1 && (
            <Button size="small" asChild>
              <Link to="/articles/$articleId/history" params={{ articleId: article.id }}>
                {historyWords.link}
              </Link>
            </Button>
          )}
          <Suspense fallback={<Skeleton className="h-8 w-22" />}>
            <CopyMenu article={article} />
          </Suspense>
        </div>
      </div>
      <h1
        dir="auto"
        lang={article.language ?? undefined}
        className="font-serif text-[2rem] leading-[1.18] font-semibold tracking-[-0.008em] text-balance sm:text-[2.5rem]"
      >
        {article.title}
      </h1>
      <p className="mt-4 flex flex-wrap gap-x-4 text-sm text-muted-foreground">
        <span>{t.article.words(formatCount(article.wordCount), article.wordCount)}</span>
        <span>{t.article.readingTime(formatCount(Math.max(1, Math.round(article.wordCount / 230))))}</span>
        <span>{t.article.sourceCount(formatCount(article.sources.length), article.sources.length)}</span>
        {article.seo && <span>{t.article.score(article.seo.score)}</span>}
      </p>
      <DeadLinks links={article.deadLinks} />
      <Outdated articleId={article.id} className="mt-5" />
      {article.pipelineId && <PendingApproval articleId={article.id} runId={article.pipelineId} />}
    </header>
  );
}

/** Says that the article waits to go public, and lets it. */
function PendingApproval({ articleId, runId }: { articleId: string; runId: string }) {
  const run = useQuery(getPipelineOptions({ path: { id: runId } }));
  const commands = useRunCommands(runId);
  if (run.data?.status !== 'waiting' || run.data.waiting?.reason !== 'approval') return null;
  return (
    <div className="mt-5 grid gap-3">
      <Notice tone="warning" title={t.waiting.approval.title}>
        <p>
          {run.data.waiting.message ? <ServerText>{run.data.waiting.message}</ServerText> : t.waiting.approval.text}
        </p>
        {run.data.waiting.until && (
          <p className="text-muted-foreground">
            {t.waiting.approval.until} <RelativeTime at={run.data.waiting.until} />
          </p>
        )}
        <Approval articleId={articleId} until={run.data.waiting.until} commands={commands} here />
      </Notice>
      {commands.problem && <ProblemNotice problem={commands.problem} />}
    </div>
  );
}
