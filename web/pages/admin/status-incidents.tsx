import type { Incident } from '@/api/client/types.gen.ts';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Card } from '@/components/ui/card.tsx';
import { statusWords } from '@/strings-status.ts';

const words = statusWords;

/** What was wrong with the instance, the newest first; of what goes on also what to do. */
export function Incidents({ incidents }: { incidents: Incident[] }) {
  return (
    <Card aria-labelledby="incidents" className="overflow-hidden">
      <h2 id="incidents" className="px-4 pt-3.5 pb-2 font-semibold sm:px-5">
        {words.incidents}
      </h2>
      {incidents.length === 0 ? (
        <p className="px-4 pb-4 text-sm text-muted-foreground sm:px-5">{words.incidentsNone}</p>
      ) : (
        <ul className="divide-y divide-border">
          {incidents.map(({ id, rule, summary, hint, openedAt, endedAt }) => (
            <li key={id} className="grid gap-1 px-4 py-3 sm:px-5">
              <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
                <p className="font-medium">{words.incidentNames[rule] ?? rule}</p>
                <p className="flex items-center gap-3 text-sm text-muted-foreground">
                  <RelativeTime at={openedAt} />
                  <Badge tone={endedAt === null ? 'danger' : 'neutral'}>
                    {endedAt === null ? words.incidentOpen : words.incidentOver}
                  </Badge>
                </p>
              </div>
              <p className="text-sm">
                <ServerText>{summary}</ServerText>
              </p>
              {endedAt === null && (
                <p className="text-sm text-muted-foreground">
                  <ServerText>{hint}</ServerText>
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
