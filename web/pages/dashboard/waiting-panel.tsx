import { Link } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Overview } from '@/api/client/types.gen.ts';
import { closeShare, shareOf } from '@/components/limit-bar.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Badge, type Tone } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatMoney } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { Panel } from './panel.tsx';
import { useAgain } from './use-again.ts';

const words = t.dashboard;

/** What stands still until the person does something, each with the one thing to do. */
export function WaitingPanel({ overview }: { overview: Overview }) {
  const { decisions, failures, sites } = overview;
  const money = moneyTrouble(overview);
  const total = decisions.total + failures.total + sites.total + (money ? 1 : 0);
  const again = useAgain();
  if (total === 0) {
    return (
      <p className="flex items-center gap-2.5 rounded-xl border border-border bg-card px-4 py-3.5 sm:px-5">
        <CircleCheck aria-hidden="true" className="size-5 text-success" />
        {words.nothingWaits}
      </p>
    );
  }
  const hidden = decisions.total + failures.total - decisions.items.length - failures.items.length;
  return (
    <Panel
      title={words.waiting}
      count={words.waitingCount(total)}
      all={{ to: '/failures', label: t.common.showAll, name: words.allWaiting }}
    >
      <ul className="divide-y divide-border">
        {money && (
          <Row badge={money.badge} tone={money.tone} title={money.title} text={money.text}>
            <Action to="/usage" label={words.actions.money} of={money.title} />
          </Row>
        )}
        {sites.items.map(({ id, name, problem, paused, since, waiting }) => (
          <Row
            key={id}
            badge={problem ? words.siteFails : words.sitePaused}
            tone={problem ? 'danger' : 'warning'}
            title={name}
            text={[problem?.message ?? words.pausedText, waiting > 0 && words.siteWaits(waiting)]
              .filter(Boolean)
              .join(' ')}
            since={since}
          >
            <Action
              to={problem || !paused ? '/sites' : '/queue'}
              label={problem || !paused ? words.actions.site : words.actions.paused}
              of={name}
            />
          </Row>
        ))}
        {decisions.items.map(({ kind, id, title, since, message }) => (
          <Row key={id} badge={t.failures.decisions[kind]} tone="warning" title={title} text={message} since={since}>
            <Action
              to={kind === 'conflict' ? `/publications/${id}` : `/runs/${id}`}
              label={words.actions[kind]}
              of={title}
              primary={kind === 'approval'}
            />
          </Row>
        ))}
        {failures.items.map(({ kind, id, title, failedAt, error, redrive }) => (
          <Row
            key={id}
            badge={t.failures.kinds[kind]}
            tone="danger"
            title={title}
            text={error.message}
            since={failedAt}
          >
            {redrive === 'helps' ? (
              <Button
                size="small"
                variant="primary"
                disabled={again.isPending}
                aria-label={words.actionOf(words.actions.again, title)}
                onClick={() => again.mutate(id)}
              >
                {words.actions.again}
              </Button>
            ) : (
              <Action
                to={kind === 'pipeline' ? `/runs/${id}` : kind === 'publication' ? `/publications/${id}` : '/failures'}
                label={words.actions.open}
                of={title}
              />
            )}
          </Row>
        ))}
      </ul>
      {hidden > 0 && (
        <Link
          to="/failures"
          className="block border-t border-border px-4 py-3 text-sm font-medium text-muted-foreground hover:bg-muted hover:text-foreground sm:px-5"
        >
          {words.others(hidden)}
        </Link>
      )}
    </Panel>
  );
}

interface RowProps {
  badge: string;
  tone: Tone;
  title: string;
  text: string | null;
  since?: string;
  children: ReactNode;
}

function Row({ badge, tone, title, text, since, children }: RowProps) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-5 gap-y-2.5 px-4 py-3.5 sm:px-5">
      <div className="grid min-w-0 flex-1 basis-64 grid-cols-1 gap-1">
        <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <Badge tone={tone}>{badge}</Badge>
          {since && (
            <span className="text-sm text-muted-foreground">
              <RelativeTime at={since} />
            </span>
          )}
        </div>
        <p className="line-clamp-2 font-medium [overflow-wrap:anywhere]" dir="auto">
          {title}
        </p>
        {text && (
          <p dir="auto" className="line-clamp-2 text-sm text-muted-foreground [overflow-wrap:anywhere]">
            {text}
          </p>
        )}
      </div>
      {children}
    </li>
  );
}

function Action({ to, label, of, primary }: { to: string; label: string; of: string; primary?: boolean }) {
  return (
    <Button size="small" variant={primary ? 'primary' : 'secondary'} asChild>
      <Link to={to} aria-label={words.actionOf(label, of)}>
        {label}
      </Link>
    </Button>
  );
}

function moneyTrouble({ limits }: Overview): { badge: string; tone: Tone; title: string; text: string } | null {
  const share = shareOf(limits.spentMicroUsd + limits.reservedMicroUsd, limits.limitMicroUsd);
  const title = words.money.title(formatMoney(limits.spentMicroUsd), formatMoney(limits.limitMicroUsd));
  if (limits.instance.limitReached) {
    return { badge: words.money.instance, tone: 'danger', title, text: words.money.instanceText };
  }
  // A limit of nothing was meant so.
  if (share < closeShare || limits.limitMicroUsd === 0) return null;
  return share >= 1
    ? { badge: words.money.reached, tone: 'danger', title, text: words.money.reachedText }
    : { badge: words.money.close, tone: 'warning', title, text: words.money.closeText };
}
