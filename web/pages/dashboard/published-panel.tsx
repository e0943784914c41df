import { Link } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import type { Overview } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import { Panel } from './panel.tsx';

const words = t.dashboard;

/** What went to a site lately, with the way to the article here and to the post there. */
export function PublishedPanel({ published }: { published: Overview['published'] }) {
  return (
    <Panel title={words.published} all={{ to: '/queue', label: t.common.showAll, name: words.allPublished }}>
      {published.length === 0 ? (
        <EmptyState
          title={words.noneYet}
          action={
            <Button asChild>
              <Link to="/articles">{words.noneYetAction}</Link>
            </Button>
          }
        >
          {words.noneYetHint}
        </EmptyState>
      ) : (
        <ul className="divide-y divide-border">
          {published.map(({ id, articleId, title, wanted, site, url, publishedAt }) => (
            <li
              key={id}
              className="relative flex items-center gap-3 py-3 pr-2 pl-4 transition-colors hover:bg-muted/60 sm:pl-5"
            >
              <div className="min-w-0 flex-1">
                <Link
                  to="/articles/$articleId"
                  params={{ articleId }}
                  className="font-medium after:absolute after:inset-0 focus-visible:-outline-offset-2"
                >
                  <span className="line-clamp-1" dir="auto">
                    {title}
                  </span>
                </Link>
                <p className="flex flex-wrap items-center gap-x-3 text-sm text-muted-foreground">
                  <RelativeTime at={publishedAt} />
                  <span className="min-w-0 truncate">{site}</span>
                </p>
              </div>
              {wanted === 'draft' && <Badge>{words.asDraft}</Badge>}
              {url && (
                <Button variant="ghost" size="icon-small" className="relative" asChild>
                  <a href={url} target="_blank" rel="noreferrer" aria-label={words.openPost(title)}>
                    <ExternalLink aria-hidden="true" />
                  </a>
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
