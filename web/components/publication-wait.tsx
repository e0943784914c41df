import type { Publication } from '@/api/client/types.gen.ts';
import { formatOwnTime, formatSiteTime } from '@/format/site-time.ts';
import { t } from '@/strings.ts';
import { RelativeTime } from './relative-time.tsx';
import { ServerText } from './server-text.tsx';

/** The time of a publication on the clocks of its site, and where the reader is; nothing for one without a time. */
export function PublicationTime({ publication: { publishAt, publishAtLocal } }: { publication: Publication }) {
  if (!publishAt || !publishAtLocal) return null;
  const own = formatOwnTime(publishAt, publishAtLocal);
  return (
    <p>
      {formatSiteTime(publishAtLocal)}
      {own && <span className="text-muted-foreground"> · {t.queue.yourTime(own)}</span>}
    </p>
  );
}

/** What a publication waits for, and until or since when; nothing for one that does not wait. */
export function PublicationWait({ publication: { waiting } }: { publication: Publication }) {
  if (!waiting) return null;
  return (
    <p className="text-muted-foreground">
      <ServerText>{waiting.message}</ServerText> (
      {waiting.until ? (
        <RelativeTime at={waiting.until} />
      ) : (
        <>
          {t.queue.since} <RelativeTime at={waiting.since} />
        </>
      )}
      )
    </p>
  );
}
