import type { PipelineStatus } from '../pipeline/schema.ts';
import type { PublicationStatus } from '../publishing/publication-status.ts';

export const calendarKinds = ['slot', 'run', 'publication', 'hold'] as const;
export type CalendarKind = (typeof calendarKinds)[number];

export const slotStates = ['planned', 'due', 'paused', 'skipped'] as const;
/** `not_started`: the time came, and no article could be begun. */
export type CalendarState = (typeof slotStates)[number] | 'not_started' | 'ends' | PipelineStatus | PublicationStatus;

/** Something in a calendar, with what it belongs to. */
export interface CalendarItem {
  id: string;
  kind: CalendarKind;
  at: Date;
  title: string | null;
  state: CalendarState;
  siteId: string | null;
  scheduleId: string | null;
  pipelineId: string | null;
  articleId: string | null;
  publicationId: string | null;
  topicId: string | null;
  /** Of a slot: when the rule has it, by which it is moved. */
  slotAt: Date | null;
  /** The name of the schedule that it is of. */
  schedule: string | null;
  movable: boolean;
  note: string | null;
}

/** Which items are asked for: whose, from a moment up to but without another, and of one site or of all. */
export interface CalendarQuery {
  userId: string;
  from: Date;
  to: Date;
  siteId: string | null;
  /** As many of a kind are enough. */
  limit: number;
}

/** An item that belongs to nothing yet. */
export const blank = {
  siteId: null,
  scheduleId: null,
  pipelineId: null,
  articleId: null,
  publicationId: null,
  topicId: null,
  slotAt: null,
  schedule: null,
  movable: false,
  note: null,
} satisfies Partial<CalendarItem>;
