import { useId } from 'react';
import { cn } from '@/components/class-names.ts';

interface ChoiceProps<Value extends string> {
  legend: string;
  value: Value;
  options: readonly { value: Value; label: string; hint?: string }[];
  onChange: (value: Value) => void;
  className?: string;
}

/** A few choices side by side: radio buttons that look like one control, and work like radio buttons. */
export function Choice<Value extends string>({ legend, value, options, onChange, className }: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset className={cn('grid min-w-0 gap-1.5', className)}>
      <legend className="mb-1.5 text-sm font-medium">{legend}</legend>
      <div className="grid grid-cols-2 gap-1 rounded-lg border border-border bg-muted p-1 sm:flex">
        {options.map((option) => (
          <label
            key={option.value}
            className="flex min-h-7.5 flex-1 cursor-pointer flex-col items-center justify-center rounded-md px-3 py-1 text-center text-sm whitespace-nowrap text-muted-foreground transition-colors hover:text-foreground has-checked:bg-card has-checked:font-medium has-checked:text-foreground has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className="sr-only"
            />
            {option.label}
            {option.hint && <span className="text-xs font-normal text-muted-foreground">{option.hint}</span>}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
