import { Link } from '@tanstack/react-router';
import type { Decision } from '@/api/client/types.gen.ts';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';

const words = t.failures;

/** One thing that waits for a person, with the way to where it is decided. */
export function DecisionRow({ decision }: { decision: Decision }) {
  const { kind, id, title, since, message } = decision;
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2.5 px-4 py-4 sm:px-5">
      <div className="grid min-w-0 flex-1 basis-64 grid-cols-1 gap-1">
        <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <Badge tone="warning">{words.decisions[kind]}</Badge>
          <span className="min-w-0 font-medium [overflow-wrap:anywhere]" dir="auto">
            {title}
          </span>
        </div>
        {message && (
          <p className="text-sm [overflow-wrap:anywhere]">
            <ServerText>{message}</ServerText>
          </p>
        )}
        <p className="text-sm text-muted-foreground">
          <RelativeTime at={since} />
        </p>
      </div>
      <Button size="small" asChild>
        {kind === 'conflict' ? (
          <Link to="/publications/$publicationId" params={{ publicationId: id }} aria-label={words.decideOf(title)}>
            {words.decide}
          </Link>
        ) : (
          <Link to="/runs/$runId" params={{ runId: id }} aria-label={words.decideOf(title)}>
            {words.decide}
          </Link>
        )}
      </Button>
    </li>
  );
}
