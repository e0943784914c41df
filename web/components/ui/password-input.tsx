import { Eye, EyeOff } from 'lucide-react';
import { type ComponentProps, useState } from 'react';
import { t } from '@/strings.ts';
import { Input } from './input.tsx';

/** A password, or `words` for another secret, with a button that shows it: who can see what they type mistypes less. */
export function PasswordInput({
  words = { show: t.form.showPassword, hide: t.form.hidePassword },
  ...props
}: Omit<ComponentProps<'input'>, 'type'> & { words?: { show: string; hide: string } }) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <div className="relative">
      <Input
        {...props}
        type={shown ? 'text' : 'password'}
        autoCapitalize="off"
        autoCorrect="off"
        spellCheck={false}
        className="pr-11"
      />
      <button
        type="button"
        aria-label={words.show}
        aria-pressed={shown}
        title={shown ? words.hide : words.show}
        onClick={() => setShown((before) => !before)}
        className="absolute inset-y-0 right-0 grid w-10 place-items-center rounded-r-lg text-muted-foreground hover:text-foreground focus-visible:-outline-offset-2"
      >
        <Icon aria-hidden="true" className="size-4" />
      </button>
    </div>
  );
}
