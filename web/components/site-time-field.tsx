import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { formatOwnTime, formatSiteTime, readSiteTime, writeSiteTime } from '@/format/site-time.ts';
import { t } from '@/strings.ts';

interface SiteTimeFieldProps {
  label: string;
  name?: string;
  /** On the clocks of the site, as `2026-11-24T09:00`; empty for none. */
  value: string;
  onChange: (typed: string) => void;
  /** Of the site; undefined while it is not known yet. */
  timeZone: string | undefined;
  hint?: string;
  error?: string | undefined;
  className?: string;
}

/** A date and a time on the clocks of a site, and what they are where the reader is. */
export function SiteTimeField({ label, name, value, onChange, timeZone, hint, error, className }: SiteTimeFieldProps) {
  const meaning = timeZone === undefined ? null : whatItMeans(value, timeZone);
  return (
    <Field label={label} hint={<span aria-live="polite">{meaning ?? hint}</span>} error={error} className={className}>
      {(control) => (
        <Input
          {...control}
          name={name}
          type="datetime-local"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** Null for what is no time, or needs no explanation. */
function whatItMeans(typed: string, timeZone: string): string | null {
  const read = readSiteTime(typed, timeZone);
  if (!read) return null;
  const { at, clocks } = read;
  const local = { time: writeSiteTime(at, timeZone), timeZone };
  const own = formatOwnTime(at.toISOString(), local);
  return (
    [
      clocks === 'left-out' && t.queue.leftOut(formatSiteTime(local)),
      clocks === 'twice' && t.queue.twice,
      at.getTime() <= Date.now() && t.queue.passed,
      own && t.queue.ownTime(own),
    ]
      .filter(Boolean)
      .join(' ') || null
  );
}
