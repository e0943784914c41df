import type { ServiceLevels } from '@/api/client/types.gen.ts';
import { Figure } from '@/components/figure.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Card } from '@/components/ui/card.tsx';
import { formatMonth, formatShare } from '@/format/calendar.ts';
import { unknown } from '@/format/money.ts';
import { locale } from '@/language.ts';
import { statusWords } from '@/strings-status.ts';

const words = statusWords;

/** Longer than this is not told apart, in seconds. */
const longest = 10;

const seconds = (value: number) =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: value < 1 ? 2 : 1 }).format(value);

/** A share in which a little less than all is not shown as all. */
function share(value: number): string {
  const digits = value > 0.99 && value < 1 ? 2 : 1;
  const rounded = value < 1 ? Math.min(value, 0.9999) : value;
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(rounded);
}

/** This month's service levels, each with its goal, and whether it is missed. */
export function Levels({
  levels: { month, measuredSince, answers, errors, uptime, backups },
}: {
  levels: ServiceLevels;
}) {
  const { p95Seconds } = answers;
  const figures = [
    {
      name: words.levelNames.answers,
      value:
        p95Seconds === null
          ? null
          : p95Seconds >= longest
            ? words.orMore(seconds(longest))
            : words.seconds(seconds(p95Seconds)),
      goal: words.answersGoal(seconds(answers.goalSeconds)),
      missed: p95Seconds !== null && p95Seconds >= answers.goalSeconds,
    },
    {
      name: words.levelNames.errors,
      value: errors.share === null ? null : formatShare(errors.share),
      goal: words.errorsGoal(formatShare(errors.goal)),
      missed: errors.share !== null && errors.share >= errors.goal,
    },
    {
      name: words.levelNames.uptime,
      value: uptime.share === null ? null : share(uptime.share),
      goal: words.uptimeGoal(share(uptime.goal)),
      missed: uptime.share !== null && uptime.share <= uptime.goal,
    },
    {
      name: words.levelNames.backups,
      value: backups.share === null ? null : share(backups.share),
      goal: backups.succeeded === null ? words.noBackups : words.backupsGoal(share(backups.goal)),
      missed: backups.share !== null && backups.share < backups.goal,
    },
  ];
  return (
    <Card className="grid grid-cols-1 gap-4 p-4 sm:p-5">
      <div>
        <h2 className="font-semibold">{words.levels}</h2>
        <p className="text-sm text-muted-foreground">
          {measuredSince === null ? words.notMeasured : words.levelsOf(formatMonth(month))}
        </p>
      </div>
      <dl className="grid grid-cols-2 gap-4 sm:grid-cols-4">
        {figures.map(({ name, value, goal, missed }) => (
          <Figure key={name} label={name} hint={goal}>
            <span className="flex flex-wrap items-center gap-2">
              {value ?? unknown}
              {missed && <Badge tone="danger">{words.missed}</Badge>}
            </span>
          </Figure>
        ))}
      </dl>
    </Card>
  );
}
