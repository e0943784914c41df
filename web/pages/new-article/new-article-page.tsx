import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { listArticlesOptions, listPipelinesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Problem } from '@/api/client/types.gen.ts';
import { ArticleList } from '@/components/article-list.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { Page } from '@/components/page.tsx';
import { RunList } from '@/components/run-list.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { BriefForm } from './brief-form.tsx';
import { BriefOfTopic } from './brief-of-topic.tsx';

/** Starts an article, and shows what was started and written lately. */
export function NewArticlePage() {
  const { topic: topicId } = useSearch({ from: '/signed-in/new' });
  const runs = useQuery({
    ...listPipelinesOptions({ query: { limit: 5 } }),
    refetchInterval: ({ state }) =>
      state.data?.items.some((run) => run.status === 'running' || run.status === 'queued') ? 2000 : 15_000,
  });
  const articles = useQuery(listArticlesOptions({ query: { limit: 5 } }));
  const underWay = runs.data?.items.some((run) => run.status === 'running' || run.status === 'queued') ?? false;
  const finished = runs.data?.items.filter((run) => run.status === 'succeeded').length;
  const { refetch } = articles;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a run that ends well has made an article
  useEffect(() => void refetch(), [finished, refetch]);
  const focusTopic = () => document.getElementById('topic')?.focus();
  return (
    <Page title={t.newArticle.title} className="max-w-3xl">
      <h1 className="mb-5 text-sm font-semibold text-muted-foreground">{t.newArticle.title}</h1>
      {topicId ? <BriefOfTopic key={topicId} id={topicId} /> : <BriefForm />}
      <div className="mt-14 grid grid-cols-1 gap-10">
        <Recent
          title={t.newArticle.recentArticles}
          all="/articles"
          query={articles}
          empty={articles.data?.items.length === 0}
        >
          {articles.data?.items.length ? (
            <ArticleList articles={articles.data.items} />
          ) : underWay ? (
            <EmptyState title={t.articles.beingWritten}>{t.articles.beingWrittenHint}</EmptyState>
          ) : (
            <EmptyState
              title={t.articles.empty}
              action={<Button onClick={focusTopic}>{t.articles.emptyAction}</Button>}
            >
              {t.articles.emptyHint}
            </EmptyState>
          )}
        </Recent>
        <Recent title={t.newArticle.recentRuns} all="/runs" query={runs} empty={runs.data?.items.length === 0}>
          {runs.data?.items.length ? (
            <RunList runs={runs.data.items} />
          ) : (
            <EmptyState title={t.runs.empty}>{t.runs.emptyHint}</EmptyState>
          )}
        </Recent>
      </div>
    </Page>
  );
}

interface RecentProps {
  title: string;
  all: '/articles' | '/runs';
  empty: boolean;
  query: { isPending: boolean; error: Problem | null; refetch: () => unknown };
  children: ReactNode;
}

function Recent({ title, all, empty, query, children }: RecentProps) {
  return (
    <section>
      <div className="mb-2.5 flex items-baseline justify-between">
        <h2 className="font-semibold">{title}</h2>
        {!empty && (
          <Link
            to={all}
            aria-label={`${t.common.showAll}: ${title}`}
            className="text-sm text-accent underline-offset-4 hover:underline"
          >
            {t.common.showAll}
          </Link>
        )}
      </div>
      <Card className="overflow-hidden">
        {query.isPending ? (
          <SkeletonRows rows={3} />
        ) : query.error ? (
          <LoadProblem problem={query.error} onRetry={query.refetch} />
        ) : (
          children
        )}
      </Card>
    </section>
  );
}
