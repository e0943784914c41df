import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { Pipeline } from '@/api/client/types.gen.ts';
import { Notice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { waitingWords } from '@/components/waiting-words.ts';
import { formatMoney, parseMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { waitsForMonth } from './run-events.ts';
import type { RunCommands } from './use-run-commands.ts';

interface WaitingPanelProps {
  run: Pipeline;
  waiting: NonNullable<Pipeline['waiting']>;
  commands: RunCommands;
}

/** Why the run stands still, and what can be decided about it. */
export function WaitingPanel({ run, waiting, commands }: WaitingPanelProps) {
  const { reason, until } = waiting;
  const words = waitingWords(waiting);
  const path = { id: run.id };
  const act = (command: () => void) => () => {
    commands.forget();
    command();
  };
  return (
    <Notice tone="warning" title={words.title}>
      <p>{waiting.message ? <ServerText>{waiting.message}</ServerText> : words.text}</p>
      {until && (
        <p className="text-muted-foreground">
          {words.until} <RelativeTime at={until} />
        </p>
      )}
      {reason === 'duplicate' && (
        <div className="mt-1 flex flex-wrap gap-2">
          {waiting.articleId && (
            <Button variant="primary" asChild>
              <Link to="/articles/$articleId" params={{ articleId: waiting.articleId }}>
                {t.waiting.duplicate.open}
              </Link>
            </Button>
          )}
          <Button disabled={commands.busy} onClick={act(() => commands.goOn.mutate({ path, body: {} }))}>
            {t.waiting.duplicate.goOn}
          </Button>
        </div>
      )}
      {reason === 'budget_exceeded' &&
        (waitsForMonth(run) ? (
          <div className="mt-1 flex flex-wrap gap-2">
            <Button disabled={commands.busy} onClick={act(() => commands.goOn.mutate({ path, body: {} }))}>
              {t.waiting.now}
            </Button>
          </div>
        ) : (
          <RaiseBudget run={run} commands={commands} />
        ))}
      {reason === 'approval' && run.articleId && (
        <Approval articleId={run.articleId} until={until} commands={commands} />
      )}
      {(reason === 'retry' || reason === 'provider') && (
        <div className="mt-1">
          <Button disabled={commands.busy} onClick={act(() => commands.retry.mutate({ path, body: {} }))}>
            {t.waiting.now}
          </Button>
        </div>
      )}
    </Notice>
  );
}

interface ApprovalProps {
  articleId: string;
  until: string | undefined;
  commands: RunCommands;
  /** Shown beside the article itself: needs no link to it. */
  here?: boolean;
}

/** Lets an article go public, or keeps it from going by itself. */
export function Approval({ articleId, until, commands, here = false }: ApprovalProps) {
  const path = { id: articleId };
  return (
    <div className="mt-1 flex flex-wrap gap-2">
      {!here && (
        <Button asChild>
          <Link to="/articles/$articleId" params={{ articleId }}>
            {t.run.readArticle}
          </Link>
        </Button>
      )}
      <Button variant="primary" disabled={commands.busy} onClick={() => commands.approve.mutate({ path })}>
        {t.waiting.approval.approve}
      </Button>
      {until && (
        <Button disabled={commands.busy} onClick={() => commands.hold.mutate({ path })}>
          {t.waiting.approval.hold}
        </Button>
      )}
    </div>
  );
}

function RaiseBudget({ run, commands }: { run: Pipeline; commands: RunCommands }) {
  const [typed, setTyped] = useState(String((run.budgetMicroUsd * 2 || 500_000) / 1_000_000));
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const budgetMicroUsd = parseMoney(typed);
    if (budgetMicroUsd === null) return setError(t.newArticle.mistakes.notMoney);
    if (budgetMicroUsd <= run.costMicroUsd)
      return setError(t.waiting.budget_exceeded.tooLow(formatMoney(run.costMicroUsd)));
    commands.forget();
    commands.goOn.mutate({ path: { id: run.id }, body: { budgetMicroUsd } });
  };
  return (
    <form onSubmit={submit} className="mt-1 flex flex-wrap items-end gap-2">
      <Field label={t.waiting.budget_exceeded.field(formatMoney(run.budgetMicroUsd))} error={error} className="w-56">
        {(control) => (
          <Input
            {...control}
            inputMode="decimal"
            value={typed}
            onChange={(event) => {
              setError(undefined);
              setTyped(event.target.value);
            }}
          />
        )}
      </Field>
      <Button type="submit" variant="primary" disabled={commands.busy}>
        {t.waiting.budget_exceeded.goOn}
      </Button>
    </form>
  );
}
