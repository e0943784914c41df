import { ArrowUpRight } from 'lucide-react';
import type { Article } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { formatCount } from '@/format/money.ts';
import { formatDate } from '@/format/time.ts';
import { t } from '@/strings.ts';

/** What the article cites, by its number in the text. */
export function SourcesPanel({ article }: { article: Article }) {
  if (article.sources.length === 0) return <EmptyState title={t.sources.empty}>{t.sources.emptyHint}</EmptyState>;
  return (
    <ol className="divide-y divide-border">
      {article.sources.map((source) => {
        const facts = [
          source.author,
          source.siteName ?? hostOf(source.url),
          source.publishedAt && formatDate(new Date(source.publishedAt)),
          t.sources.words(formatCount(source.wordCount)),
        ].filter(Boolean);
        return (
          <li key={source.id} className="grid grid-cols-[1.75rem_minmax(0,1fr)] gap-2 px-4 py-3.5">
            <span className="grid size-6 place-items-center rounded-md bg-muted text-sm font-medium tabular-nums">
              {source.number}
            </span>
            <div className="min-w-0">
              {source.url ? (
                <a
                  href={source.url}
                  target="_blank"
                  rel="noopener noreferrer"
                  className="font-medium underline-offset-4 hover:underline"
                >
                  {source.title}
                  <ArrowUpRight aria-hidden="true" className="ml-0.5 inline size-4 text-muted-foreground" />
                </a>
              ) : (
                <p className="font-medium">{source.title}</p>
              )}
              <p className="text-sm text-muted-foreground">{facts.join(' · ')}</p>
              <p className="text-sm text-muted-foreground">
                {t.sources.kinds[source.kind]}, {t.sources.read(formatDate(new Date(source.fetchedAt)))}
              </p>
              {source.foundBy !== null && (
                <p className="text-sm text-muted-foreground">{t.sources.foundBy(source.foundBy)}</p>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function hostOf(url: string | null): string | null {
  return url ? (URL.parse(url)?.hostname.replace(/^www\./, '') ?? null) : null;
}
