import { Check, X } from 'lucide-react';
import { memo, useState } from 'react';
import type { Topic } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { Badge, type Tone } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatDate } from '@/format/time.ts';
import { t } from '@/strings.ts';
import { TopicFacts } from './topic-facts.tsx';

const words = t.topics;
/** What stands below a proposal without being asked for. */
const shownEvidence = 3;

export interface ProposalCommands {
  accept: (topic: Topic) => void;
  dismiss: (topic: Topic) => void;
  toggle: (id: string) => void;
}

interface ProposalRowProps {
  topic: Topic;
  siteName: string | null;
  selected: boolean;
  commands: ProposalCommands;
}

/** A proposal: what it is about, how good it is, what speaks for it, and the two answers. */
export const ProposalRow = memo(function ProposalRow({ topic, siteName, selected, commands }: ProposalRowProps) {
  return (
    <div
      id={`proposal-${topic.id}`}
      data-proposal={topic.id}
      tabIndex={-1}
      className={cn(
        'flex items-start gap-3 px-4 py-4 focus:outline-2 focus:-outline-offset-2 focus:outline-accent sm:px-5',
        selected && 'bg-accent-soft/50',
      )}
    >
      <input
        type="checkbox"
        className="mt-1 size-4 shrink-0 accent-accent"
        aria-label={words.select(topic.topic)}
        checked={selected}
        onChange={() => commands.toggle(topic.id)}
      />
      <div className="grid min-w-0 flex-1 grid-cols-1 gap-x-4 gap-y-2.5 md:grid-cols-[minmax(0,1fr)_auto]">
        <div className="grid min-w-0 grid-cols-1 content-start gap-1.5">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <span dir="auto" className="min-w-0 font-medium break-words">
              {topic.topic}
            </span>
            <Score score={topic.score} />
          </p>
          <TopicFacts topic={topic} siteName={siteName} />
          <Evidence topic={topic} />
        </div>
        <div className="flex items-start gap-2">
          <Button size="small" aria-label={words.acceptOf(topic.topic)} onClick={() => commands.accept(topic)}>
            <Check aria-hidden="true" />
            {words.accept}
          </Button>
          <Button
            size="small"
            variant="ghost"
            aria-label={words.dismissOf(topic.topic)}
            onClick={() => commands.dismiss(topic)}
          >
            <X aria-hidden="true" />
            {words.dismiss}
          </Button>
        </div>
      </div>
    </div>
  );
});

const tone = (score: number): Tone => (score >= 70 ? 'success' : score >= 40 ? 'accent' : 'neutral');

function Score({ score }: { score: number | null }) {
  if (score === null) return <Badge title={words.scoreHint}>{words.noScore}</Badge>;
  return (
    <Badge tone={tone(score)} title={words.scoreHint}>
      {words.score(Math.round(score))}
    </Badge>
  );
}

function Evidence({ topic: { evidence } }: { topic: Topic }) {
  const [all, setAll] = useState(false);
  if (evidence.length === 0) return null;
  const beyond = evidence.length - shownEvidence;
  return (
    <div className="grid gap-1 border-l-2 border-border pl-3 text-sm">
      <p className="sr-only">{words.evidence}</p>
      <ul className="grid gap-1">
        {evidence.slice(0, all ? undefined : shownEvidence).map(({ title, url, publishedAt }) => (
          <li key={url} className="min-w-0 break-words">
            <a
              href={url}
              target="_blank"
              rel="noopener noreferrer"
              dir="auto"
              className="text-accent underline decoration-1 underline-offset-4 hover:decoration-2"
            >
              {title || url}
            </a>{' '}
            <span className="text-muted-foreground">
              {[hostOf(url), publishedAt && formatDate(new Date(publishedAt))].filter(Boolean).join(', ')}
            </span>
          </li>
        ))}
      </ul>
      {beyond > 0 && (
        <Button size="small" variant="link" className="justify-self-start" onClick={() => setAll(!all)}>
          {all ? words.fewerEvidence : words.moreEvidence(beyond)}
        </Button>
      )}
    </div>
  );
}

const hostOf = (url: string) => URL.parse(url)?.hostname.replace(/^www\./, '') ?? '';
