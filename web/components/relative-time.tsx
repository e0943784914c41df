import { formatDateTime, formatRelative } from '@/format/time.ts';
import { useNow } from './now.ts';

/** A time as `3 minutes ago`; the exact one shows on pointing at it. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow(30_000);
  const time = new Date(at);
  return (
    <time dateTime={at} title={formatDateTime(time)} className="whitespace-nowrap">
      {formatRelative(time, now)}
    </time>
  );
}
