import {
  Ban,
  CalendarClock,
  CalendarSync,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleSlash,
  CircleX,
  Clock,
  GlobeCheck,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
  Pause,
  Send,
  SkipForward,
} from 'lucide-react';
import type { CalendarItem } from '@/api/client/types.gen.ts';
import type { Tone } from '@/components/ui/badge.tsx';
import { t } from '@/strings.ts';

const words = t.calendar;

const looks: Record<CalendarItem['state'] | 'moved', [LucideIcon, Tone]> = {
  planned: [CalendarClock, 'accent'],
  moved: [CalendarSync, 'accent'],
  due: [Clock, 'accent'],
  paused: [Pause, 'neutral'],
  skipped: [SkipForward, 'neutral'],
  not_started: [CircleSlash, 'warning'],
  ends: [Hourglass, 'warning'],
  queued: [Clock, 'neutral'],
  running: [LoaderCircle, 'accent'],
  waiting: [CircleDashed, 'warning'],
  succeeded: [CircleCheck, 'success'],
  failed: [CircleX, 'danger'],
  cancelled: [Ban, 'neutral'],
  scheduled: [Send, 'accent'],
  publishing: [LoaderCircle, 'accent'],
  published: [GlobeCheck, 'success'],
  conflict: [CircleAlert, 'warning'],
  unpublished: [CircleDashed, 'neutral'],
};

/** Whether a slot stands elsewhere than the rule has it. */
export const isMoved = ({ kind, at, slotAt }: CalendarItem): boolean =>
  kind === 'slot' && slotAt !== null && at !== slotAt;

/** The icon, the colour and the word for how an item stands; the word alone says it all. */
export function describeItem(item: CalendarItem): { icon: LucideIcon; tone: Tone; word: string } {
  const state = item.state === 'planned' && isMoved(item) ? 'moved' : item.state;
  const [icon, tone] = looks[state];
  return { icon, tone, word: words.states[state] };
}

/** What an item is called: its topic or article, or else the schedule that it is of. */
export const titleOf = ({ title, schedule }: CalendarItem): string => title ?? schedule ?? words.untitled;

/** Why an item cannot be moved; null for one that can. */
export function whyFixed({ kind, state, movable }: CalendarItem): string | null {
  if (movable) return null;
  if (state === 'due' || state === 'skipped' || state === 'not_started' || state === 'published') {
    return words.fixed[state];
  }
  return kind === 'slot' ? words.fixed.due : words.fixed[kind];
}
