import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { ArticleSummary } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ArticleBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatCount } from '@/format/money.ts';
import { t } from '@/strings.ts';

const words = t.articleList;
const dayMs = 86_400_000;
/** How long the bin keeps an article, in days. */
const keptDays = 30;

interface ArticleRowProps {
  article: ArticleSummary;
  selected: boolean;
  onSelect: (id: string) => void;
  onRestore: (id: string) => void;
}

/** An article of the list; one in the bin says how long it can be taken out. */
export const ArticleRow = memo(function ArticleRow({ article, selected, onSelect, onRestore }: ArticleRowProps) {
  const { id, title, deletedAt } = article;
  return (
    <div
      className={cn(
        'grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 py-3.5 pr-4 pl-2 transition-colors hover:bg-muted/60 sm:pr-5',
        selected && 'bg-accent-soft hover:bg-accent-soft',
      )}
    >
      <label className="grid size-8 cursor-pointer place-items-center self-start rounded-md">
        <input
          type="checkbox"
          checked={selected}
          onChange={() => onSelect(id)}
          aria-label={words.select(title)}
          className="size-4 accent-accent"
        />
      </label>
      <div className="relative grid min-w-0 grid-cols-1 gap-1 pt-1">
        <div className="flex items-start justify-between gap-4">
          {deletedAt ? (
            <p className="line-clamp-2 min-w-0 font-medium" dir="auto">
              {title}
            </p>
          ) : (
            <Link
              to="/articles/$articleId"
              params={{ articleId: id }}
              className="min-w-0 font-medium after:absolute after:inset-0 focus-visible:-outline-offset-2"
            >
              <span className="line-clamp-2" dir="auto">
                {title}
              </span>
            </Link>
          )}
          {deletedAt ? (
            <Button size="small" aria-label={words.restoreOf(title)} onClick={() => onRestore(id)}>
              {words.restore}
            </Button>
          ) : (
            <ArticleBadge status={article.status} />
          )}
        </div>
        {article.excerpt && !deletedAt && (
          <p dir="auto" className="line-clamp-1 text-sm text-muted-foreground">
            {article.excerpt}
          </p>
        )}
        <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
          {deletedAt ? (
            <>
              <span>
                {words.deleted} <RelativeTime at={deletedAt} />
              </span>
              <span className="font-medium text-foreground">{words.daysLeft(daysLeft(deletedAt))}</span>
            </>
          ) : (
            <RelativeTime at={article.createdAt} />
          )}
          <span>{t.article.words(formatCount(article.wordCount), article.wordCount)}</span>
          {!deletedAt && (
            <span>{t.article.sourceCount(formatCount(article.sources.length), article.sources.length)}</span>
          )}
          {article.seo && !deletedAt && <span>{t.article.score(article.seo.score)}</span>}
          {article.deadLinks.length > 0 && (
            <span className="text-warning">{t.deadLinks.badge(article.deadLinks.length)}</span>
          )}
        </p>
      </div>
    </div>
  );
});

/** Of the days in the bin, how many are left, a begun one counted. */
const daysLeft = (deletedAt: string) => Math.ceil(keptDays - (Date.now() - Date.parse(deletedAt)) / dayMs);
