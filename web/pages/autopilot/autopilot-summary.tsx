import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Autopilot } from '@/api/client/types.gen.ts';
import { Figure } from '@/components/figure.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { formatCount, formatMoney } from '@/format/money.ts';
import { languageNames } from '@/format/reader.ts';
import { ruleWords } from '@/format/schedule-rule.ts';
import { formatSiteTime } from '@/format/site-time.ts';
import { scheduleWords, autopilotWords as words } from '@/strings-schedules.ts';
import { RunLine } from '../schedules/schedule-runs.tsx';

/** The figures of an autopilot, its schedules with their next times, and what its last times have led to. */
export function AutopilotSummary({
  autopilot,
  onEdit,
}: {
  autopilot: Autopilot;
  onEdit: (scheduleId: string) => void;
}) {
  const { topics, budget, style, schedules, next, runs } = autopilot;
  const zoneOf = (scheduleId: string) => schedules.find(({ id }) => id === scheduleId)?.timeZone ?? autopilot.timeZone;
  return (
    <>
      <Card aria-label={words.summary} className="p-4 sm:p-5">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-4 lg:grid-cols-4">
          <Figure
            label={words.topics}
            hint={
              <>
                {topics.lastDays !== null && words.lasts(topics.lastDays)}
                {topics.proposed > 0 && <span className="block">{words.proposals(topics.proposed)}</span>}
              </>
            }
          >
            {words.topicsLeft(topics.open + topics.proposedTaken)}
          </Figure>
          <Figure
            label={words.budget}
            hint={
              <>
                {budget.limitMicroUsd === null && words.noBudget}
                <span className="block">
                  {words.account(formatMoney(budget.accountSpentMicroUsd), formatMoney(budget.accountLimitMicroUsd))}
                </span>
              </>
            }
          >
            {budget.limitMicroUsd === null
              ? formatMoney(budget.spentMicroUsd)
              : words.budgetOf(formatMoney(budget.spentMicroUsd), formatMoney(budget.limitMicroUsd))}
          </Figure>
          <Figure label={words.approval}>{approvalWords(autopilot.approval)}</Figure>
          <Figure
            label={words.style}
            hint={style.words && words.words(formatCount(style.words.min), formatCount(style.words.max))}
          >
            {[style.language && languageName(style.language), style.voice].filter(Boolean).join(', ') ||
              words.styleUsual}
          </Figure>
        </dl>
      </Card>
      <div className="grid grid-cols-1 gap-5 lg:grid-cols-2">
        <Part title={words.schedules}>
          <ul className="grid gap-3">
            {schedules.map((schedule) => (
              <li key={schedule.id} className="text-sm">
                <p className="font-medium [overflow-wrap:anywhere]">
                  {schedule.name}
                  <span className="font-normal text-muted-foreground"> · {scheduleWords.states[schedule.state]}</span>
                </p>
                <p className="text-muted-foreground">
                  {ruleWords(schedule.rule)} ({schedule.timeZone.replaceAll('_', ' ')})
                </p>
                {schedule.warnings.map((warning) => (
                  <p key={warning} dir="auto" className="text-warning [overflow-wrap:anywhere]">
                    {warning}
                  </p>
                ))}
                <Button
                  size="small"
                  className="mt-2"
                  aria-label={scheduleWords.editOf(schedule.name)}
                  onClick={() => onEdit(schedule.id)}
                >
                  {scheduleWords.edit}
                </Button>
              </li>
            ))}
          </ul>
          <Link to="/schedules" className="mt-3 inline-block text-sm text-accent underline underline-offset-4">
            {words.allSchedules}
          </Link>
        </Part>
        <Part title={words.nextTimes}>
          {next.length === 0 ? (
            <p className="text-sm text-muted-foreground">{words.noTimes}</p>
          ) : (
            <ol className="grid gap-1.5 text-sm">
              {next.map(({ at, clock, note, scheduleId }) => (
                <li key={`${scheduleId} ${at}`} className="flex flex-wrap justify-between gap-x-4">
                  <time dateTime={at} className="tabular-nums">
                    {formatSiteTime({ time: `${clock}:00`, timeZone: zoneOf(scheduleId) })}
                  </time>
                  <span className="text-muted-foreground">
                    <RelativeTime at={at} />
                  </span>
                  {note && <span className="w-full text-warning">{note}</span>}
                </li>
              ))}
            </ol>
          )}
        </Part>
      </div>
      <Part title={words.lastRuns}>
        {runs.length === 0 ? (
          <p className="text-sm text-muted-foreground">{words.noRuns}</p>
        ) : (
          <ul className="grid divide-y divide-border">
            {runs.map((run) => (
              <li key={run.id} className="py-3 first:pt-0 last:pb-0">
                <RunLine run={run} timeZone={zoneOf(run.scheduleId)} topic={run.topic} />
              </li>
            ))}
          </ul>
        )}
      </Part>
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card aria-label={title} className="p-4 sm:p-5">
      <h2 className="mb-3 font-semibold">{title}</h2>
      {children}
    </Card>
  );
}

function approvalWords(approval: Autopilot['approval']): string {
  if (!approval) return '';
  return approval.mode === 'auto'
    ? words.approvals.auto(formatCount(approval.holdHours), approval.minSeoScore)
    : words.approvals[approval.mode];
}

const languageName = (code: string) => languageNames().of(code);
