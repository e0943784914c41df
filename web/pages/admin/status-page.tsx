import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleX } from 'lucide-react';
import { getInstanceStatusOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { InstanceStatus } from '@/api/client/types.gen.ts';
import { Figure } from '@/components/figure.tsx';
import { LimitBar } from '@/components/limit-bar.tsx';
import { useNow } from '@/components/now.ts';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { Badge, type Tone } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatBytes } from '@/format/bytes.ts';
import { formatCount, formatMoney, unknown } from '@/format/money.ts';
import { formatRelative } from '@/format/time.ts';
import { statusWords } from '@/strings-status.ts';
import { LoadProblem } from '../error-pages.tsx';
import { Incidents } from './status-incidents.tsx';
import { Levels } from './status-levels.tsx';
import { troublesOf } from './status-troubles.ts';

const words = statusWords;

/** How the instance is, on one page: first whether it needs its admin, then the figures. */
export function StatusPage() {
  const status = useQuery({ ...getInstanceStatusOptions(), refetchInterval: 10_000 });
  return (
    <SectionPage title={words.title} intro={words.intro}>
      {status.data ? (
        <Figures status={status.data} />
      ) : status.error ? (
        <LoadProblem problem={status.error} onRetry={status.refetch} />
      ) : (
        <Card>
          <SkeletonRows rows={6} />
        </Card>
      )}
    </SectionPage>
  );
}

function Figures({ status }: { status: InstanceStatus }) {
  const { money, users, articles } = status;
  return (
    <>
      <Troubles status={status} />
      <Card className="grid grid-cols-1 gap-5 p-4 sm:p-5">
        <h2 className="font-semibold">{words.money}</h2>
        <dl className="grid grid-cols-2 gap-4 sm:grid-cols-3">
          <Figure label={words.today} hint={money.callsUnderWay > 0 && words.underWay(money.callsUnderWay)}>
            {formatMoney(money.todayMicroUsd)}
          </Figure>
          <Figure label={words.month} hint={words.ofLimit(formatMoney(money.limitMicroUsd))}>
            {formatMoney(money.spentMicroUsd)}
          </Figure>
          <Figure label={words.forecast} hint={money.forecastMicroUsd === null && words.forecastUnknown}>
            {formatMoney(money.forecastMicroUsd)}
          </Figure>
        </dl>
        <LimitBar
          used={money.spentMicroUsd + money.reservedMicroUsd}
          limit={money.limitMicroUsd}
          label={words.bar}
          percent={words.percent}
        />
      </Card>
      <div className="grid grid-cols-1 gap-5 sm:grid-cols-[3fr_2fr]">
        <Card className="grid grid-cols-1 content-start gap-4 p-4 sm:p-5">
          <h2 className="font-semibold">{words.users}</h2>
          <dl className="grid grid-cols-3 gap-4">
            <Figure label={words.usersToday}>{formatCount(users.today)}</Figure>
            <Figure label={words.usersMonth}>{formatCount(users.month)}</Figure>
            <Figure label={words.usersAll} hint={words.usersDisabled(users.disabled)}>
              {formatCount(users.total)}
            </Figure>
          </dl>
        </Card>
        <Card className="grid grid-cols-1 content-start gap-4 p-4 sm:p-5">
          <h2 className="font-semibold">{words.articles}</h2>
          <dl className="grid grid-cols-2 gap-4">
            <Figure label={words.written}>{formatCount(articles.writtenToday)}</Figure>
            <Figure label={words.publishedToday}>{formatCount(articles.publishedToday)}</Figure>
          </dl>
        </Card>
      </div>
      <Levels levels={status.levels} />
      <Queues status={status} />
      <div className="grid grid-cols-1 gap-5 sm:grid-cols-2">
        <Parts status={status} />
        <Program status={status} />
      </div>
      <Incidents incidents={status.incidents} />
    </>
  );
}

function Troubles({ status }: { status: InstanceStatus }) {
  const now = useNow(10_000);
  const troubles = troublesOf(status, (at) => formatRelative(new Date(at), now));
  if (troubles.length === 0) {
    return (
      <p className="flex items-center gap-2.5 rounded-xl border border-border bg-card px-4 py-3.5 sm:px-5">
        <CircleCheck aria-hidden="true" className="size-5 text-success" />
        <span className="font-medium">{words.fine}</span>
        <span className="text-sm text-muted-foreground max-sm:hidden">{words.updated}</span>
      </p>
    );
  }
  return (
    <Card aria-labelledby="troubles" className="overflow-hidden">
      <h2 id="troubles" className="border-b border-border px-4 py-3.5 font-semibold sm:px-5">
        {words.troubles(troubles.length)}
      </h2>
      <ul className="divide-y divide-border">
        {troubles.map(({ title, hint, tone, action }) => (
          <li key={title} className="flex flex-wrap items-center justify-between gap-x-5 gap-y-2 px-4 py-3.5 sm:px-5">
            <div className="flex min-w-0 flex-1 basis-64 gap-3">
              <CircleX
                aria-hidden="true"
                className={`mt-0.5 size-5 shrink-0 ${tone === 'danger' ? 'text-danger' : 'text-warning'}`}
              />
              <div className="min-w-0">
                <p className="font-medium">{title}</p>
                <p className="text-sm text-muted-foreground">{hint}</p>
              </div>
            </div>
            {action && (
              <Button size="small" asChild>
                <Link to={action.to}>{action.label}</Link>
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Queues({ status: { work, failed } }: { status: InstanceStatus }) {
  const rows = [
    {
      name: words.queues.pipelines,
      now: work.pipelines.running + work.pipelines.stalled,
      waits: work.pipelines.queued,
      oldestAt: work.pipelines.oldestAt,
      failed: failed.pipeline,
    },
    {
      name: words.queues.publications,
      now: work.publications.sending,
      waits: work.publications.due,
      hint: work.publications.scheduled > 0 ? words.scheduled(work.publications.scheduled) : null,
      oldestAt: work.publications.oldestAt,
      failed: failed.publication,
    },
    {
      name: words.queues.mails,
      now: null,
      waits: work.mails.waiting,
      oldestAt: work.mails.oldestAt,
      failed: failed.mail,
    },
    {
      name: words.queues.deliveries,
      now: null,
      waits: work.deliveries.waiting,
      oldestAt: work.deliveries.oldestAt,
      failed: failed.webhook,
    },
  ];
  return (
    <Card aria-labelledby="queues" className="overflow-hidden">
      <h2 id="queues" className="px-4 pt-3.5 pb-2 font-semibold sm:px-5">
        {words.work}
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by the keyboard */}
      <section aria-labelledby="queues" tabIndex={0} className="overflow-x-auto focus-visible:-outline-offset-2">
        <table className="w-full text-left tabular-nums">
          <thead className="text-sm text-muted-foreground">
            <tr className="border-b border-border [&>th]:px-4 [&>th]:py-2 [&>th]:font-normal [&>th]:whitespace-nowrap sm:[&>th:first-child]:pl-5">
              <th scope="col">{words.queue}</th>
              <th scope="col">{words.now}</th>
              <th scope="col">{words.waits}</th>
              <th scope="col">{words.oldest}</th>
              <th scope="col">{words.failedColumn}</th>
            </tr>
          </thead>
          <tbody className="divide-y divide-border">
            {rows.map((row) => (
              <tr key={row.name} className="[&>*]:px-4 [&>*]:py-2.5 sm:[&>*:first-child]:pl-5">
                <th scope="row" className="font-medium">
                  {row.name}
                </th>
                <td>{formatCount(row.now)}</td>
                <td>
                  {formatCount(row.waits)}
                  {row.hint && <span className="block text-xs text-muted-foreground">{row.hint}</span>}
                </td>
                <td>{row.oldestAt ? <RelativeTime at={row.oldestAt} /> : words.nothingOld}</td>
                <td className={row.failed > 0 ? 'font-semibold text-danger' : undefined}>{formatCount(row.failed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

const tones: Record<'up' | 'down' | 'not configured', Tone> = {
  up: 'success',
  down: 'danger',
  'not configured': 'neutral',
};

/** What is only known once there has been a backup: there is always a place for them. */
const ofBackups: readonly string[] = ['storage', 'backup', 'verification'];

function Parts({ status: { health, worker } }: { status: InstanceStatus }) {
  return (
    <Card className="p-4 sm:p-5">
      <h2 className="mb-3 font-semibold">{words.parts}</h2>
      <ul className="grid gap-2.5">
        <li className="flex items-center justify-between gap-4">
          {words.partNames.worker}
          <Badge tone={worker.alive ? 'success' : 'danger'}>
            {worker.alive ? words.workerAlive : words.workerDead}
          </Badge>
        </li>
        {(
          ['database', 'migrations', 'queue', 'disk', 'email', 'redis', 'storage', 'backup', 'verification'] as const
        ).map((name) => (
          <li key={name} className="flex items-center justify-between gap-4">
            {words.partNames[name]}
            <Badge tone={tones[health[name]]}>
              {ofBackups.includes(name) && health[name] === 'not configured'
                ? words.noBackupYet
                : words.states[health[name]]}
            </Badge>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Program({ status: { version, startedAt, database } }: { status: InstanceStatus }) {
  const bytes = (value: number | null) => (value === null ? unknown : formatBytes(value));
  return (
    <Card className="p-4 sm:p-5">
      <h2 className="mb-3 font-semibold">{words.program}</h2>
      <dl className="grid gap-2.5 [&>div]:flex [&>div]:items-baseline [&>div]:justify-between [&>div]:gap-4 [&_dd]:font-medium [&_dd]:tabular-nums [&_dt]:text-muted-foreground">
        <div>
          <dt>{words.version}</dt>
          <dd>{version}</dd>
        </div>
        <div>
          <dt>{words.since}</dt>
          <dd>
            <RelativeTime at={startedAt} />
          </dd>
        </div>
        <div>
          <dt>{words.databaseKind[database.kind]}</dt>
          <dd>{bytes(database.bytes)}</dd>
        </div>
        {database.kind === 'embedded' && (
          <div>
            <dt>{words.room}</dt>
            <dd>{bytes(database.freeBytes)}</dd>
          </div>
        )}
      </dl>
    </Card>
  );
}
