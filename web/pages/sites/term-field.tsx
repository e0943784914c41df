import { X } from 'lucide-react';
import { type KeyboardEvent, useId, useState } from 'react';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { t } from '@/strings.ts';

interface TermFieldProps {
  label: string;
  value: readonly string[];
  onChange: (names: string[]) => void;
  suggestions: readonly string[];
  /** What stands in the field and is not added yet, for finding more suggestions. */
  onSearch: (typed: string) => void;
  max: number;
  error?: string | undefined;
}

/** Names of categories or tags: those chosen as a list, and a field that adds one, with suggestions of the site. */
export function TermField({ label, value, onChange, suggestions, onSearch, max, error }: TermFieldProps) {
  const [typed, setTyped] = useState('');
  const list = useId();
  const taken = new Set(value.map((name) => name.toLowerCase()));
  const add = (text: string) => {
    const names = text.split(',').map((name) => name.trim());
    const fresh = names.filter((name, at) => name && !taken.has(name.toLowerCase()) && names.indexOf(name) === at);
    if (fresh.length > 0) onChange([...value, ...fresh].slice(0, max));
    setTyped('');
    onSearch('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && typed.trim()) {
      event.preventDefault();
      add(typed);
    } else if (event.key === 'Backspace' && typed === '' && value.length > 0) {
      onChange(value.slice(0, -1));
    }
  };
  return (
    <div className="grid content-start gap-2">
      <Field label={label} hint={t.postDefaults.termsHint} error={error}>
        {(control) => (
          <Input
            {...control}
            list={list}
            value={typed}
            disabled={value.length >= max}
            onKeyDown={onKeyDown}
            onBlur={() => typed.trim() && add(typed)}
            onChange={(event) => {
              const text = event.target.value;
              // A suggestion that is chosen comes whole: what keys type says how it came.
              const { inputType } = event.nativeEvent as InputEvent;
              const chosen = (!inputType || inputType === 'insertReplacementText') && suggestions.includes(text);
              if (chosen || text.includes(',')) {
                add(text);
              } else {
                setTyped(text);
                onSearch(text.trim());
              }
            }}
            autoComplete="off"
          />
        )}
      </Field>
      <datalist id={list}>
        {suggestions
          .filter((name) => !taken.has(name.toLowerCase()))
          .map((name) => (
            <option key={name} value={name} />
          ))}
      </datalist>
      {value.length > 0 && (
        <ul aria-label={label} className="flex flex-wrap gap-1.5">
          {value.map((name) => (
            <li
              key={name}
              className="inline-flex min-w-0 items-center gap-1 rounded-md bg-muted py-0.5 pr-0.5 pl-2 text-sm"
            >
              <span className="min-w-0 break-words">{name}</span>
              <button
                type="button"
                aria-label={t.postDefaults.removeTerm(name)}
                onClick={() => onChange(value.filter((other) => other !== name))}
                className="grid size-6 shrink-0 place-items-center rounded text-muted-foreground hover:text-foreground"
              >
                <X aria-hidden="true" className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
