import { Link } from '@tanstack/react-router';
import { Undo2 } from 'lucide-react';
import { memo } from 'react';
import type { Topic } from '@/api/client/types.gen.ts';
import { LongList } from '@/components/long-list.tsx';
import type { MorePages } from '@/components/more-rows.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import { TopicFacts } from './topic-facts.tsx';
import type { TopicCommands } from './use-topic-commands.ts';

const words = t.topics;

interface PastListProps {
  status: 'used' | 'dismissed';
  topics: Topic[];
  nameOf: (siteId: string | null) => string | null;
  commands: TopicCommands;
  total: number | undefined;
  pages: MorePages;
}

/** Topics that are through: written about, with the way to the article, or dismissed, with the way back. */
export function PastList({ status, topics, nameOf, commands, total, pages }: PastListProps) {
  const takeBack = (topic: Topic) => {
    commands.forget();
    commands.decide({ topics: [topic], status: 'open' }, { onSuccess: () => toast(words.restored([topic.topic])) });
  };
  return (
    <LongList
      key={status}
      label={words.list[status]}
      items={topics}
      keyOf={({ id }) => id}
      rowHeight={76}
      total={total}
      pages={pages}
    >
      {(topic) => (
        <PastRow
          topic={topic}
          siteName={nameOf(topic.siteId)}
          onTakeBack={status === 'dismissed' ? takeBack : undefined}
        />
      )}
    </LongList>
  );
}

interface PastRowProps {
  topic: Topic;
  siteName: string | null;
  onTakeBack: ((topic: Topic) => void) | undefined;
}

const PastRow = memo(function PastRow({ topic, siteName, onTakeBack }: PastRowProps) {
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3.5 sm:px-5">
      <div className="grid min-w-0 flex-1 basis-60 grid-cols-1 gap-0.5">
        <p dir="auto" className="font-medium break-words">
          {topic.topic}
        </p>
        <TopicFacts topic={topic} siteName={siteName}>
          {topic.usedAt && (
            <span>
              {words.used} <RelativeTime at={topic.usedAt} />
            </span>
          )}
        </TopicFacts>
      </div>
      {onTakeBack ? (
        <Button size="small" aria-label={words.takeBackOf(topic.topic)} onClick={() => onTakeBack(topic)}>
          <Undo2 aria-hidden="true" />
          {words.takeBack}
        </Button>
      ) : (
        <Result topic={topic} />
      )}
    </div>
  );
});

/** What became of a used topic. */
function Result({ topic }: { topic: Topic }) {
  const { pipelineId, articleId } = topic;
  if (articleId) {
    return (
      <Button size="small" asChild>
        <Link to="/articles/$articleId" params={{ articleId }} aria-label={words.readOf(topic.topic)}>
          {words.read}
        </Link>
      </Button>
    );
  }
  if (!pipelineId) return <p className="text-sm text-muted-foreground">{words.runGone}</p>;
  return (
    <Button size="small" asChild>
      <Link to="/runs/$runId" params={{ runId: pipelineId }} aria-label={words.seeRunOf(topic.topic)}>
        {words.seeRun}
      </Link>
    </Button>
  );
}
