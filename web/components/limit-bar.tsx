import { formatShare } from '@/format/calendar.ts';
import { Progress } from './ui/progress.tsx';

/** From this share of a limit on, whoever it is for should know. */
export const closeShare = 0.8;

/** What of a limit is used, 0 to 1 and over; a limit of nothing is used up. */
export const shareOf = (usedMicroUsd: number, limitMicroUsd: number): number =>
  limitMicroUsd === 0 ? 1 : usedMicroUsd / limitMicroUsd;

/** How much of a limit is used, as a bar with the percentage in words beside it. */
export function LimitBar({
  used,
  limit,
  label,
  percent,
}: {
  used: number;
  limit: number;
  label: string;
  percent: (share: string) => string;
}) {
  const share = shareOf(used, limit);
  const tone = share >= 1 ? 'bg-danger' : share >= closeShare ? 'bg-warning' : '';
  return (
    <div className="grid gap-1.5">
      <Progress value={share} label={label} className="h-2.5" bar={tone} />
      <p className="text-sm text-muted-foreground tabular-nums">{percent(formatShare(share))}</p>
    </div>
  );
}
