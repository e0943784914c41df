import type { Schedule, ScheduleRequest } from '@/api/client/types.gen.ts';
import { parseMoney, writeMoney } from '@/format/money.ts';
import { ownTimeZone, readTimes, type Weekday, weekdays } from '@/format/schedule-rule.ts';
import { scheduleFormWords as words } from '@/strings-schedules.ts';

/** The form of a schedule as typed: texts only, so that it can be kept and given back as it was. */
export interface ScheduleDraft extends Record<string, string> {
  name: string;
  siteId: string;
  kind: string;
  perWeek: string;
  days: string;
  times: string;
  cron: string;
  /** Empty for that of the site, else that of the browser. */
  timeZone: string;
  publish: string;
  approval: string;
  holdHours: string;
  minSeoScore: string;
  language: string;
  voice: string;
  wordsMin: string;
  wordsMax: string;
  budget: string;
  monthlyBudget: string;
  proposals: string;
}
export type Mistakes = Partial<Record<keyof ScheduleDraft, string>>;

const usual: ScheduleDraft = {
  name: '',
  siteId: '',
  kind: 'perWeek',
  perWeek: '3',
  days: 'mon,thu',
  times: '09:00',
  cron: '0 9 * * 1,4',
  timeZone: '',
  publish: 'draft',
  approval: 'manual',
  holdHours: '24',
  minSeoScore: '60',
  language: '',
  voice: '',
  wordsMin: '600',
  wordsMax: '1200',
  budget: '0.5',
  monthlyBudget: '',
  proposals: '',
};

/** The form of a schedule that is changed, or of a new one. */
export function draftOf(schedule: Schedule | undefined, given: Partial<ScheduleDraft> = {}): ScheduleDraft {
  if (!schedule) return { ...usual, ...given } as ScheduleDraft;
  const { rule, brief } = schedule;
  const text = (value: number | null | undefined) => (value === null || value === undefined ? '' : String(value));
  return {
    ...usual,
    name: schedule.name,
    siteId: schedule.siteId ?? '',
    ...('cron' in rule ? { kind: 'cron', cron: rule.cron } : { times: rule.times.join(', ') }),
    ...('days' in rule ? { kind: 'days', days: rule.days.join(',') } : {}),
    ...('perWeek' in rule ? { kind: 'perWeek', perWeek: String(rule.perWeek) } : {}),
    timeZone: schedule.timeZone,
    publish: brief.publish ?? 'none',
    approval: brief.approval ?? 'manual',
    holdHours: text(brief.holdHours ?? 24),
    minSeoScore: text(brief.minSeoScore ?? 60),
    language: brief.language ?? '',
    voice: brief.voice ?? '',
    wordsMin: text(brief.words?.min ?? 600),
    wordsMax: text(brief.words?.max ?? 1200),
    budget: writeMoney(brief.budgetMicroUsd ?? 500_000),
    monthlyBudget: writeMoney(schedule.monthlyBudgetMicroUsd),
    proposals: text(schedule.proposalsFromScore),
  };
}

/** Days in the order of a week. */
export const daysOf = (draft: ScheduleDraft): Weekday[] =>
  weekdays.filter((day) => draft.days.split(',').includes(day));

/** The rule that was typed; null when it is none yet. */
export function ruleOf(draft: ScheduleDraft): ScheduleRequest['rule'] | null {
  if (draft.kind === 'cron') return draft.cron.trim() === '' ? null : { cron: draft.cron.trim() };
  const times = readTimes(draft.times);
  if (!times) return null;
  if (draft.kind === 'days') {
    const days = daysOf(draft);
    return days.length === 0 ? null : { days, times };
  }
  const perWeek = wholeNumber(draft.perWeek, 1, 168);
  return perWeek === null ? null : { perWeek, times };
}

/** The zone that is meant where none was chosen. */
export const zoneOf = (draft: ScheduleDraft, siteZone: string | undefined) =>
  draft.timeZone || siteZone || ownTimeZone();

/** What can be seen to be wrong without asking the server. */
export function mistakesIn(draft: ScheduleDraft): Mistakes {
  const found: Mistakes = {};
  const { mistakes } = words;
  if (draft.kind === 'perWeek' && wholeNumber(draft.perWeek, 1, 168) === null) found.perWeek = mistakes.perWeek;
  if (draft.kind === 'days' && daysOf(draft).length === 0) found.days = mistakes.days;
  if (draft.kind === 'cron' && draft.cron.trim() === '') found.cron = mistakes.cron;
  if (draft.kind !== 'cron' && !readTimes(draft.times)) found.times = mistakes.times;
  if (automatic(draft)) {
    if (decimal(draft.holdHours, 720) === null) found.holdHours = mistakes.holdHours;
    if (decimal(draft.minSeoScore, 100) === null) found.minSeoScore = mistakes.score;
  }
  if (draft.proposals.trim() && decimal(draft.proposals, 100) === null) found.proposals = mistakes.score;
  const [min, max] = [wholeNumber(draft.wordsMin, 100, 5000), wholeNumber(draft.wordsMax, 100, 5000)];
  if (min === null || max === null || min > max) found.wordsMax = mistakes.words;
  if (parseMoney(draft.budget) === null) found.budget = mistakes.money;
  if (draft.monthlyBudget.trim() && parseMoney(draft.monthlyBudget) === null) found.monthlyBudget = mistakes.money;
  return found;
}

/** What is sent of a draft without mistakes. What the form does not show of a schedule stays as it was. */
export function requestOf(draft: ScheduleDraft, siteZone: string | undefined, before?: Schedule): ScheduleRequest {
  const rule = ruleOf(draft);
  if (!rule) throw new Error('a form with mistakes was sent');
  const { language: _language, voice: _voice, minSeoScore: _score, ...kept } = before?.brief ?? {};
  return {
    rule,
    timeZone: zoneOf(draft, siteZone),
    siteId: draft.siteId || null,
    ...(draft.name.trim() ? { name: draft.name.trim() } : {}),
    brief: {
      duplicates: 'stop',
      holdHours: 24,
      ...kept,
      publish: (draft.siteId ? draft.publish : 'none') as 'none' | 'draft' | 'publish',
      approval: draft.approval as 'manual' | 'auto',
      ...(automatic(draft) ? { holdHours: Number(draft.holdHours), minSeoScore: Number(draft.minSeoScore) } : {}),
      ...(draft.language ? { language: draft.language } : {}),
      ...(draft.voice.trim() ? { voice: draft.voice.trim() } : {}),
      words: { min: Number(draft.wordsMin), max: Number(draft.wordsMax) },
      budgetMicroUsd: parseMoney(draft.budget) ?? 0,
    },
    monthlyBudgetMicroUsd: draft.monthlyBudget.trim() ? parseMoney(draft.monthlyBudget) : null,
    proposalsFromScore: draft.proposals.trim() ? Number(draft.proposals) : null,
  };
}

/** Whether articles go public without a person. */
export const automatic = (draft: ScheduleDraft) =>
  draft.siteId !== '' && draft.publish === 'publish' && draft.approval === 'auto';

function wholeNumber(typed: string, min: number, max: number): number | null {
  const value = Number(typed.trim());
  return /^\d+$/.test(typed.trim()) && value >= min && value <= max ? value : null;
}

function decimal(typed: string, max: number): number | null {
  const value = Number(typed.trim());
  return /^\d+(\.\d+)?$/.test(typed.trim()) && value <= max ? value : null;
}
