import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import { approveArticleMutation, holdArticleMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Autopilot } from '@/api/client/types.gen.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { autopilotWords as words } from '@/strings-schedules.ts';

/** Articles that wait to go public: by themselves at their time, or for a person; each can be held, approved and edited. */
export function HeldList({ held }: { held: Autopilot['held'] }) {
  const queries = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  // Not waited for: the decision is made, and the next one can be.
  const onSettled = () => void queries.invalidateQueries();
  const approve = useMutation({ ...approveArticleMutation(), onSettled });
  const hold = useMutation({ ...holdArticleMutation(), onSettled });
  const busy = approve.isPending || hold.isPending;
  const problem = approve.error ?? hold.error;
  const decide = (command: typeof approve, other: typeof approve, articleId: string, said: string) => {
    other.reset();
    command.mutate(
      { path: { id: articleId } },
      {
        onSuccess: () => {
          toast(said);
          // The button goes with what it was for.
          heading.current?.focus();
        },
      },
    );
  };
  return (
    <Card aria-label={words.held} className="p-4 sm:p-5">
      <h2 ref={heading} tabIndex={-1} className="mb-3 rounded font-semibold">
        {words.held}
      </h2>
      {problem && <ProblemNotice problem={problem} className="mb-3" />}
      {held.length === 0 ? (
        <p className="text-sm text-muted-foreground">{words.heldEmpty}</p>
      ) : (
        <ul aria-label={words.held} className="grid divide-y divide-border">
          {held.map(({ articleId, title, endsAt, message }) => (
            <li key={articleId} className="grid gap-2 py-3 first:pt-0 last:pb-0">
              <Link
                to="/articles/$articleId"
                params={{ articleId }}
                dir="auto"
                className="font-medium underline-offset-4 [overflow-wrap:anywhere] hover:underline"
              >
                {title}
              </Link>
              <p className="text-sm text-muted-foreground">
                {endsAt ? (
                  <>
                    {words.goesOut} <RelativeTime at={endsAt} />
                  </>
                ) : message ? (
                  <ServerText>{message}</ServerText>
                ) : (
                  words.waits
                )}
              </p>
              <div className="flex flex-wrap gap-2">
                {endsAt && (
                  <Button
                    size="small"
                    aria-label={words.holdOf(title)}
                    disabled={busy}
                    onClick={() => decide(hold, approve, articleId, words.heldNow(title))}
                  >
                    {words.hold}
                  </Button>
                )}
                <Button
                  size="small"
                  aria-label={words.approveOf(title)}
                  disabled={busy}
                  onClick={() => decide(approve, hold, articleId, words.approved(title))}
                >
                  {words.approve}
                </Button>
                <Button size="small" variant="ghost" asChild>
                  <Link to="/articles/$articleId" params={{ articleId }} aria-label={words.editOf(title)}>
                    {words.edit}
                  </Link>
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
