import { Folding } from '@/components/folding.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Select, Textarea } from '@/components/ui/input.tsx';
import { languages } from '@/format/languages.ts';
import { languageNames } from '@/format/reader.ts';
import { scheduleFormWords as words } from '@/strings-schedules.ts';
import type { Mistakes, ScheduleDraft } from './schedule-draft.ts';

interface StyleFieldsProps {
  draft: ScheduleDraft;
  change: (part: Partial<ScheduleDraft>) => void;
  mistakes: Mistakes;
}

/** What has a good default: how articles sound, how long they are, what they may cost, and whether proposals are taken. */
export function StyleFields({ draft, change, mistakes }: StyleFieldsProps) {
  const names = languageNames();
  const numbers = [
    { name: 'wordsMin', label: words.wordsMin, hint: undefined },
    { name: 'wordsMax', label: words.wordsMax, hint: undefined },
    { name: 'budget', label: words.budget, hint: undefined },
    { name: 'monthlyBudget', label: words.monthlyBudget, hint: words.monthlyBudgetHint },
    { name: 'proposals', label: words.proposals, hint: words.proposalsHint },
  ] as const;
  // A mistake in what is folded away would be one that nobody sees.
  const mistaken = numbers.some(({ name }) => mistakes[name]);
  return (
    <Folding
      title={words.more}
      titleClassName="px-4 py-3"
      open={mistaken || undefined}
      className="rounded-lg border border-border sm:col-span-2"
    >
      <div className="grid grid-cols-1 gap-5 border-t border-border p-4 sm:grid-cols-2">
        <Field label={words.language}>
          {(control) => (
            <Select
              {...control}
              name="language"
              value={draft.language}
              onChange={(event) => change({ language: event.target.value })}
            >
              <option value="">{words.languageUsual}</option>
              {languages.map((code) => (
                <option key={code} value={code}>
                  {names.of(code)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={words.voice} hint={words.voiceHint}>
          {(control) => (
            <Textarea
              {...control}
              name="voice"
              maxLength={1000}
              value={draft.voice}
              onChange={(event) => change({ voice: event.target.value })}
            />
          )}
        </Field>
        {numbers.map(({ name, label, hint }) => (
          <Field key={name} label={label} hint={hint} error={mistakes[name]}>
            {(control) => (
              <Input
                {...control}
                name={name}
                inputMode="decimal"
                value={draft[name]}
                onChange={(event) => change({ [name]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </div>
    </Folding>
  );
}
