import { useQuery } from '@tanstack/react-query';
import { previewRule } from '@/api/client/sdk.gen.ts';
import type { ScheduleRequest } from '@/api/client/types.gen.ts';
import { ServerText } from '@/components/server-text.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useSettled } from '@/components/use-settled.ts';
import { formatOwnTime, formatSiteTime, formatWeekday } from '@/format/site-time.ts';
import { scheduleFormWords as words } from '@/strings-schedules.ts';

/** How many next times are shown. */
const shown = 6;

/** The next times of a rule that is being typed, asked of the server a moment after the last change. */
export function RulePreview({ rule, timeZone }: { rule: ScheduleRequest['rule'] | null; timeZone: string }) {
  const body = useSettled(rule === null ? null : JSON.stringify({ rule, timeZone, count: shown }), 300);
  const preview = useQuery({
    queryKey: ['schedule-preview', body],
    queryFn: async ({ signal }) => (await previewRule({ body: JSON.parse(body ?? '{}'), signal })).data,
    enabled: body !== null,
    placeholderData: (before) => before,
    retry: false,
  });
  return (
    <section aria-label={words.preview} className="rounded-lg bg-muted p-3.5 text-sm" aria-live="polite">
      <h3 className="mb-1.5 font-semibold">{words.preview}</h3>
      {rule === null ? (
        <p className="text-muted-foreground">{words.previewLater}</p>
      ) : preview.error ? (
        <p className="font-medium text-danger">
          <ServerText>{preview.error.message}</ServerText>
        </p>
      ) : preview.data ? (
        <Times items={preview.data.items} timeZone={timeZone} />
      ) : (
        <Skeleton className="h-5 w-52" />
      )}
    </section>
  );
}

interface SlotShown {
  at: string;
  clock: string;
  note: string | null;
}

/** Times on the clocks of a zone, with what the reader's own clocks show then, and what a change of the clocks does. */
function Times({ items, timeZone }: { items: SlotShown[]; timeZone: string }) {
  return (
    <ol className="grid grid-cols-1 gap-1">
      {items.map(({ at, clock, note }) => {
        const local = { time: `${clock}:00`, timeZone };
        const own = formatOwnTime(at, local);
        return (
          <li key={at} className="tabular-nums">
            <time dateTime={at}>{formatWeekday(clock)}</time> <span>{formatSiteTime(local)}</span>
            {own && <span className="block text-muted-foreground">{words.ownTime(own)}</span>}
            {note && (
              <span className="block text-warning">
                <ServerText>{note}</ServerText>
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
