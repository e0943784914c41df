import { Link } from '@tanstack/react-router';
import type { ArticleSummary } from '@/api/client/types.gen.ts';
import { formatCount } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { RelativeTime } from './relative-time.tsx';
import { ArticleBadge } from './status-badge.tsx';

/** Articles, one a row; the whole row leads to the article. */
export function ArticleList({ articles }: { articles: ArticleSummary[] }) {
  return (
    <ul className="divide-y divide-border">
      {articles.map((article) => (
        <li
          key={article.id}
          className="relative grid grid-cols-1 gap-1 px-4 py-3.5 transition-colors hover:bg-muted/60 sm:px-5"
        >
          <div className="flex items-start justify-between gap-4">
            <Link
              to="/articles/$articleId"
              params={{ articleId: article.id }}
              className="min-w-0 font-medium after:absolute after:inset-0 focus-visible:-outline-offset-2"
            >
              <span dir="auto" className="line-clamp-2 [overflow-wrap:anywhere]">
                {article.title}
              </span>
            </Link>
            <ArticleBadge status={article.status} />
          </div>
          {article.excerpt && (
            <p dir="auto" className="line-clamp-1 text-sm text-muted-foreground">
              {article.excerpt}
            </p>
          )}
          <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
            <RelativeTime at={article.createdAt} />
            <span>{t.article.words(formatCount(article.wordCount), article.wordCount)}</span>
            <span>{t.article.sourceCount(formatCount(article.sources.length), article.sources.length)}</span>
            {article.seo && <span>{t.article.score(article.seo.score)}</span>}
            {article.deadLinks.length > 0 && (
              <span className="text-warning">{t.deadLinks.badge(article.deadLinks.length)}</span>
            )}
          </p>
        </li>
      ))}
    </ul>
  );
}
