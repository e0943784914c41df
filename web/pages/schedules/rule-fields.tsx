import { Choice } from '@/components/ui/choice.tsx';
import { Field, FieldError } from '@/components/ui/field.tsx';
import { Input, Select } from '@/components/ui/input.tsx';
import { timeZones, weekdays } from '@/format/schedule-rule.ts';
import { scheduleWords, scheduleFormWords as words } from '@/strings-schedules.ts';
import { RulePreview } from './rule-preview.tsx';
import { daysOf, type Mistakes, ruleOf, type ScheduleDraft, zoneOf } from './schedule-draft.ts';

interface RuleFieldsProps {
  draft: ScheduleDraft;
  change: (part: Partial<ScheduleDraft>) => void;
  mistakes: Mistakes;
  /** Of the chosen site. */
  siteZone: string | undefined;
}

/** When a schedule runs: so many a week, days with times, or a cron expression; and what that comes to. */
export function RuleFields({ draft, change, mistakes, siteZone }: RuleFieldsProps) {
  const timeZone = zoneOf(draft, siteZone);
  const days = daysOf(draft);
  return (
    <>
      <Choice
        legend={words.when}
        value={draft.kind}
        onChange={(kind) => change({ kind })}
        options={(['perWeek', 'days', 'cron'] as const).map((value) => ({ value, label: words.kinds[value] }))}
        className="sm:col-span-2"
      />
      {draft.kind === 'perWeek' && (
        <Field label={words.perWeek} error={mistakes.perWeek}>
          {(control) => (
            <Input
              {...control}
              name="perWeek"
              inputMode="numeric"
              value={draft.perWeek}
              onChange={(event) => change({ perWeek: event.target.value })}
            />
          )}
        </Field>
      )}
      {draft.kind === 'days' && (
        <fieldset className="min-w-0 sm:col-span-2">
          <legend className="mb-1.5 text-sm font-medium">{words.days}</legend>
          <div className="flex flex-wrap gap-1.5">
            {weekdays.map((day) => (
              <label
                key={day}
                className="flex h-10 min-w-12 cursor-pointer items-center justify-center rounded-lg border border-border bg-card px-3 text-sm text-muted-foreground has-checked:border-accent has-checked:bg-accent-soft has-checked:font-medium has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-accent"
              >
                <input
                  type="checkbox"
                  name="days"
                  aria-label={scheduleWords.fullWeekdays[day]}
                  aria-invalid={mistakes.days ? true : undefined}
                  aria-describedby="schedule-days-error"
                  checked={days.includes(day)}
                  onChange={(event) =>
                    change({
                      days: (event.target.checked ? [...days, day] : days.filter((other) => other !== day)).join(','),
                    })
                  }
                  className="sr-only"
                />
                {scheduleWords.weekdays[day]}
              </label>
            ))}
          </div>
          <FieldError id="schedule-days-error" error={mistakes.days} />
        </fieldset>
      )}
      {draft.kind === 'cron' ? (
        <Field label={words.cron} hint={words.cronHint} error={mistakes.cron}>
          {(control) => (
            <Input
              {...control}
              name="cron"
              className="font-mono"
              autoCapitalize="off"
              spellCheck={false}
              value={draft.cron}
              onChange={(event) => change({ cron: event.target.value })}
            />
          )}
        </Field>
      ) : (
        <Field label={words.times} hint={words.timesHint} error={mistakes.times}>
          {(control) => (
            <Input
              {...control}
              name="times"
              value={draft.times}
              onChange={(event) => change({ times: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label={words.zone} error={mistakes.timeZone}>
        {(control) => (
          <Select
            {...control}
            name="timeZone"
            value={timeZone}
            onChange={(event) => change({ timeZone: event.target.value })}
          >
            {timeZones(timeZone).map((zone) => (
              <option key={zone} value={zone}>
                {zone.replaceAll('_', ' ')}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <div className="sm:col-span-2">
        <RulePreview rule={ruleOf(draft)} timeZone={timeZone} />
      </div>
    </>
  );
}
