import { cn } from '@/components/class-names.ts';

/** How far something is, 0..1. */
export function Progress({
  value,
  label,
  className,
  bar,
}: {
  value: number;
  label: string;
  className?: string;
  bar?: string;
}) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className={cn('h-1.5 overflow-hidden rounded-full bg-muted', className)}
    >
      <div
        className={cn('h-full rounded-full bg-accent transition-[width] duration-500', bar)}
        style={{ width: `${percent}%` }}
      />
    </div>
  );
}
