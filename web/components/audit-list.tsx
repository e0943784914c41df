import type { ReactNode } from 'react';
import type { AuditEvent } from '@/api/client/types.gen.ts';
import { describeDevice } from '@/format/device.ts';
import { t } from '@/strings.ts';
import { auditWords } from '@/strings-account.ts';
import { cn } from './class-names.ts';
import { LongList } from './long-list.tsx';
import type { MorePages } from './more-rows.tsx';
import { RelativeTime } from './relative-time.tsx';

/** Actions that a person should look at twice. */
const remarkable = new Set(['login-failed', 'refresh-token-reused', 'registration-refused', 'user-disabled']);

/** The access log in plain words; `about` adds whose access an entry is about, for the admin's. */
export function AuditList({
  label,
  events,
  pages,
  about,
  actor,
}: {
  label: string;
  events: AuditEvent[];
  pages: MorePages;
  about?: (event: AuditEvent) => ReactNode;
  actor: (event: AuditEvent) => string | null;
}) {
  return (
    <LongList label={label} items={events} keyOf={({ id }) => String(id)} rowHeight={68} pages={pages}>
      {(event) => {
        const device = describeDevice(event.userAgent)?.name;
        const how = [actor(event), auditWords.via[event.via], event.address, device].filter(Boolean).join(' · ');
        return (
          <div className="grid grid-cols-1 gap-0.5 px-4 py-3 sm:px-5">
            <div className="flex items-baseline justify-between gap-x-4">
              <p
                className={cn(
                  'min-w-0 font-medium [overflow-wrap:anywhere]',
                  remarkable.has(event.action) && 'text-warning',
                )}
              >
                {describeEvent(event)}
              </p>
              <p className="shrink-0 text-sm text-muted-foreground">
                <RelativeTime at={event.createdAt} />
              </p>
            </div>
            {about && <p className="text-sm break-all">{about(event)}</p>}
            {how && <p className="text-sm break-words text-muted-foreground">{how}</p>}
          </div>
        );
      }}
    </LongList>
  );
}

/** What happened, with what its details add: `Log-in failed: wrong password`, `API key made: “Laptop” (read, write)`. */
export function describeEvent({ action, details }: Pick<AuditEvent, 'action' | 'details'>): string {
  const what = auditWords.actions[action] ?? action.replaceAll('-', ' ');
  const { name, reason, scopes, email, subject, model } = details;
  if (typeof name === 'string') {
    const may = Array.isArray(scopes)
      ? ` (${scopes.map((scope) => auditWords.scopes[scope] ?? scope).join(', ')})`
      : '';
    return `${what}: ${t.common.quote(name)}${may}`;
  }
  const more = [email, subject, model].find((detail) => typeof detail === 'string');
  if (more) return `${what}: ${more}`;
  const why = typeof reason === 'string' ? auditWords.reasons[reason] : undefined;
  return why ? `${what}: ${why}` : what;
}
