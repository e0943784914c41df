import type { ReactNode } from 'react';
import type { Topic } from '@/api/client/types.gen.ts';
import { formatDate } from '@/format/time.ts';
import { t } from '@/strings.ts';

const words = t.topics;

/** What is known of a topic besides its words, on one line, and the note below it. */
export function TopicFacts({
  topic,
  siteName,
  children,
}: {
  topic: Topic;
  siteName: string | null;
  children?: ReactNode;
}) {
  const { keyword, sources, note, origin, createdAt } = topic;
  return (
    <>
      <p className="flex flex-wrap gap-x-4 gap-y-0.5 text-sm text-muted-foreground">
        {siteName !== null && <bdi className="break-words">{siteName}</bdi>}
        {keyword !== null && (
          <span dir="auto" className="break-words">
            {words.keyword(keyword)}
          </span>
        )}
        {sources.length > 0 && <span>{words.sources(sources.length)}</span>}
        {children}
        <span>{words.origins[origin](formatDate(new Date(createdAt)))}</span>
      </p>
      {note && (
        <p dir="auto" className="text-sm break-words whitespace-pre-line text-muted-foreground">
          {note}
        </p>
      )}
    </>
  );
}
