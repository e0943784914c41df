import { calendarOf, localTime, momentOf } from '../accounts/calendar.ts';
import { AppError } from '../errors.ts';

const withoutZone = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?$/;

/**
 * What a time of publication means. Words with a zone are a moment; without one they are meant on the clocks of
 * `timeZone` (IANA name or offset such as +05:30; one that nobody knows counts as UTC). A time that the clocks leave out
 * moves forward by as much as they do, and of one that they show twice the first is taken, as in RFC 5545 (3.3.5);
 * `warnings` then say what it became. Throws `invalid_request` for a day or time that does not exist anywhere.
 */
export function readPublishTime(
  publishAt: Date | string | null,
  timeZone: string,
): { at: Date | null; warnings: string[] } {
  if (publishAt === null || publishAt instanceof Date) return { at: publishAt, warnings: [] };
  const parts = withoutZone.exec(publishAt);
  if (!parts) {
    const at = new Date(publishAt);
    if (Number.isNaN(at.getTime())) throw noTime();
    return { at, warnings: [] };
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  const clock = Date.UTC(year, month - 1, day, hour, minute, second);
  // What is counted over (a 30 February) is none.
  if (new Date(clock).toISOString().slice(0, 16) !== publishAt.slice(0, 16)) throw noTime();

  const { at, shown } = momentOf(calendarOf(timeZone), clock);
  const typed = `${publishAt.slice(0, 10)} ${publishAt.slice(11, 16)}`;
  if (shown === 'never') {
    const became = localTime(at, timeZone).replace('T', ' ').slice(0, 16);
    return { at, warnings: [`The clocks of ${timeZone} leave out ${typed}: it goes out at ${became} instead.`] };
  }
  const twice = shown === 'twice';
  return { at, warnings: twice ? [`The clocks of ${timeZone} show ${typed} twice: the first time is meant.`] : [] };
}

/** What is said of words that are no time. */
export const noTimeWords = 'is no time: write 2026-11-24T09:00 (on the clocks of the site) or 2026-11-24T08:00:00Z';

function noTime(): AppError {
  const message = noTimeWords;
  return new AppError('invalid_request', `publishAt: ${message}`, { errors: [{ path: 'publishAt', message }] });
}
