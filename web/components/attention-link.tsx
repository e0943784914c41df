import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import { countFailuresOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { t } from '@/strings.ts';

/** How often to look whether something needs attention, in milliseconds. */
const lookMs = 30_000;

/** The way to what needs attention, with how much it is. Without a label it appears only when there is something. */
export function AttentionLink({ labelled }: { labelled?: boolean }) {
  const total = useQuery({ ...countFailuresOptions(), refetchInterval: lookMs }).data?.total ?? 0;
  const count = total > 0 && (
    <span
      aria-hidden="true"
      className="grid h-5 min-w-5 place-items-center rounded-full bg-danger-soft px-1.5 text-xs font-semibold text-danger tabular-nums"
    >
      {total > 99 ? '99+' : total}
    </span>
  );
  if (labelled) {
    return (
      <Link
        to="/failures"
        activeOptions={{ includeSearch: false }}
        className="flex h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm font-medium text-muted-foreground transition-colors hover:bg-muted hover:text-foreground aria-[current=page]:bg-muted aria-[current=page]:text-foreground"
      >
        <TriangleAlert aria-hidden="true" className="size-4" />
        {t.failures.title}
        {count && (
          <>
            <span className="sr-only">{t.failures.badge(total)}</span>
            <span className="ml-auto">{count}</span>
          </>
        )}
      </Link>
    );
  }
  if (!count) return null;
  return (
    <Link
      to="/failures"
      aria-label={t.failures.badge(total)}
      className="flex h-10 items-center gap-1.5 rounded-lg px-2.5 text-danger"
    >
      <TriangleAlert aria-hidden="true" className="size-5" />
      {count}
    </Link>
  );
}
