import { Link } from '@tanstack/react-router';
import type { Failure } from '@/api/client/types.gen.ts';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import type { FailureCommands } from './use-failures.ts';

const words = t.failures;

/** One dead letter: what it was, why it failed, what to do, and the buttons for it. */
export function FailureRow({ failure, commands }: { failure: Failure; commands: FailureCommands }) {
  const { id, title, redrive } = failure;
  const refused = commands.refused.get(id);
  return (
    <div className="grid grid-cols-1 gap-2.5 px-4 py-4 sm:px-5">
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
        <Badge tone="danger">{words.kinds[failure.kind]}</Badge>
        <span className="min-w-0 font-medium [overflow-wrap:anywhere]" dir="auto">
          {title}
        </span>
      </div>
      <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
        <RelativeTime at={failure.failedAt} />
        <span>{words.tries(failure.attempts)}</span>
      </p>
      <dl className="grid grid-cols-1 gap-x-4 gap-y-1 text-sm sm:grid-cols-[6.5rem_minmax(0,1fr)]">
        <dt className="text-muted-foreground">{words.cause}</dt>
        <dd className="text-danger [overflow-wrap:anywhere]">
          <ServerText>{failure.error.message}</ServerText>
        </dd>
        <dt className="text-muted-foreground">{words.whatToDo}</dt>
        <dd className="[overflow-wrap:anywhere]">
          <ServerText>{failure.whatToDo}</ServerText>
        </dd>
      </dl>
      {refused && (
        <p role="alert" className="text-sm text-danger [overflow-wrap:anywhere]">
          {refused}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {failure.dismissed ? (
          <Button
            size="small"
            aria-label={words.takeBackOf(title)}
            disabled={commands.busy}
            onClick={() => commands.takeBack([id])}
          >
            {words.takeBack}
          </Button>
        ) : (
          <>
            {redrive !== 'impossible' && (
              <Button
                size="small"
                variant={redrive === 'helps' ? 'primary' : 'secondary'}
                aria-label={words.againOf(title)}
                disabled={commands.busy}
                onClick={() => commands.redrive({ ids: [id] })}
              >
                {words.again}
              </Button>
            )}
            <Button
              size="small"
              variant="ghost"
              aria-label={words.dismissOf(title)}
              disabled={commands.busy}
              onClick={() => commands.dismiss({ ids: [id] })}
            >
              {words.dismiss}
            </Button>
          </>
        )}
        <OpenLink failure={failure} />
      </div>
    </div>
  );
}

function OpenLink({ failure: { kind, id, title } }: { failure: Failure }) {
  if (kind === 'mail') return null;
  return (
    <Button size="small" variant="ghost" asChild>
      {kind === 'pipeline' ? (
        <Link to="/runs/$runId" params={{ runId: id }} aria-label={words.openOf(title)}>
          {words.open}
        </Link>
      ) : kind === 'publication' ? (
        <Link to="/publications/$publicationId" params={{ publicationId: id }} aria-label={words.openOf(title)}>
          {words.open}
        </Link>
      ) : (
        <Link to="/account/webhooks" aria-label={words.openOf(title)}>
          {words.open}
        </Link>
      )}
    </Button>
  );
}
