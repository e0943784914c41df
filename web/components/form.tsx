import {
  type ComponentProps,
  type FormEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from 'react';
import { ApiProblem } from '@/api/problem.ts';
import { dropForm, keepForm, keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { cn } from './class-names.ts';
import { ProblemNotice } from './notice.tsx';
import { useNow } from './now.ts';
import { Button } from './ui/button.tsx';
import { Field } from './ui/field.tsx';
import { Input, Textarea } from './ui/input.tsx';
import { PasswordInput } from './ui/password-input.tsx';

type Values<Name extends string> = Record<Name, string>;
type Mistakes<Name extends string> = Partial<Record<Name, string>>;

/** What makes sending the same values once more the same request, should its answer have been lost. */
interface Attempt {
  /** An Idempotency-Key. */
  key: string;
  /** When it was first made, as milliseconds since 1970. */
  since: number;
}

interface FormOptions<Name extends string, Answer> {
  names: readonly Name[];
  initial?: Partial<Values<Name>>;
  /** What is wrong, as far as it can be seen without asking the server. */
  check?: (values: Values<Name>) => Mistakes<Name>;
  /** The attempt stays the same for as long as the values do. */
  send: (values: Values<Name>, attempt: Attempt) => Promise<Answer>;
  onDone?: (answer: Answer, values: Values<Name>) => void | Promise<void>;
  /** Deals with a problem in another way than saying it; false when it does not. */
  onProblem?: (problem: ApiProblem, values: Values<Name>) => boolean;
  /** The field that a problem is about, by its code, where the problem names none. */
  fieldOfCode?: Record<string, Name>;
  /** Under this name the values outlive the page, until they are sent or someone else signs in. Never with passwords. */
  keep?: string;
  /** Empties the fields once they are sent. */
  clear?: boolean;
}

/** A form as its fields see it. */
export interface FormState<Name extends string = string> {
  element: RefObject<HTMLFormElement | null>;
  pending: boolean;
  problem: ApiProblem | null;
  mistakes: Mistakes<Name>;
  initial: Mistakes<Name>;
  onSubmit: (event: FormEvent) => void;
  onInput: (event: FormEvent) => void;
}

/**
 * A form whose fields belong to the browser: what is sent is what stands in them, whoever put it there, the keyboard or a
 * password manager. Mistakes go to the field that they are about, and the keyboard goes to the first of them.
 */
export function useForm<Name extends string, Answer>(options: FormOptions<Name, Answer>): FormState<Name> {
  const { names, check, send, onDone, onProblem, fieldOfCode = {}, keep, clear } = options;
  const element = useRef<HTMLFormElement>(null);
  const attempt = useRef({ values: '', key: '', since: 0 });
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [mistakes, setMistakes] = useState<Mistakes<Name>>({});
  const [initial] = useState(() => ({ ...options.initial, ...keptForm(keep) }) as Mistakes<Name>);
  const read = (): Values<Name> => {
    const data = new FormData(element.current ?? undefined);
    return Object.fromEntries(names.map((name) => [name, data.getAll(name).map(String).join(' ')])) as Values<Name>;
  };
  const [failures, setFailures] = useState(0);
  const show = (found: Mistakes<Name>) => {
    setMistakes(found);
    setFailures((before) => before + 1);
  };
  useEffect(() => {
    if (failures === 0) return;
    element.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"][tabindex="-1"]')?.focus();
  }, [failures]);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (pending) return;
    const values = read();
    setProblem(null);
    const found = check?.(values) ?? {};
    if (Object.values(found).some(Boolean)) return show(found);
    const text = JSON.stringify(values);
    if (attempt.current.values !== text) {
      attempt.current = { values: text, key: `${Date.now()}-${Math.random()}`, since: Date.now() };
    }
    setMistakes({});
    setPending(true);
    try {
      const answer = await send(values, attempt.current);
      attempt.current = { values: '', key: '', since: 0 };
      if (keep) dropForm(keep);
      if (clear) element.current?.reset();
      await onDone?.(answer, values);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (onProblem?.(error, values)) return;
      const atFields = mistakesOf(error, names, fieldOfCode);
      if (Object.keys(atFields).length === 0) setProblem(error);
      show(atFields);
    } finally {
      setPending(false);
    }
  };
  const onInput = (event: FormEvent) => {
    const name = (event.target as HTMLInputElement).name as Name;
    if (mistakes[name]) setMistakes((before) => ({ ...before, [name]: undefined }));
    if (keep) keepForm(keep, withoutSecrets(read()));
  };
  return { element, pending, problem, mistakes, initial, onSubmit: (event) => void onSubmit(event), onInput };
}

/** What may outlive the page. */
const withoutSecrets = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !/password|code/i.test(name)));

function mistakesOf<Name extends string>(
  problem: ApiProblem,
  names: readonly Name[],
  fieldOfCode: Record<string, Name>,
): Mistakes<Name> {
  const found: Mistakes<Name> = {};
  const field = fieldOfCode[problem.code];
  if (field) found[field] = `${problem.detail} ${problem.hint}`;
  for (const { path, message } of problem.errors ?? []) {
    const name = names.find((known) => path === known || path.startsWith(`${known}.`));
    // One that is about no field is said above all of them, with the whole problem.
    if (!name) return {};
    found[name] ??= message;
  }
  return found;
}

/** The form's element, with what went wrong as a whole above its button. */
export function Form<Name extends string>({
  form,
  submit,
  busy,
  actions,
  className,
  children,
  variant = 'primary',
  wide,
}: {
  form: FormState<Name>;
  submit: string;
  /** On the button while the answer is awaited. */
  busy: string;
  /** Beside the button. */
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
  variant?: ComponentProps<typeof Button>['variant'];
  /** The button is as wide as the form. */
  wide?: boolean;
}) {
  return (
    <form
      ref={form.element}
      onSubmit={form.onSubmit}
      onInput={form.onInput}
      noValidate
      className={cn('grid grid-cols-1 gap-5', className)}
    >
      {children}
      {form.problem && (
        <ProblemNotice
          problem={form.problem}
          hint={form.problem.retryAt && <RetryCountdown at={form.problem.retryAt} />}
          className="col-span-full"
        />
      )}
      <div className="col-span-full flex flex-wrap gap-2">
        <Button type="submit" variant={variant} aria-disabled={form.pending} className={wide ? 'w-full' : ''}>
          {form.pending ? busy : submit}
        </Button>
        {actions}
      </div>
    </form>
  );
}

/** How long to wait; changes every second, so it is not announced. */
function RetryCountdown({ at }: { at: Date }) {
  const seconds = Math.ceil((at.getTime() - useNow(500).getTime()) / 1000);
  return <span aria-live="off">{seconds > 0 ? t.form.tryAgainIn(seconds) : t.form.tryAgainNow}</span>;
}

interface FormFieldProps<Name extends string> {
  form: FormState<Name>;
  name: Name;
  label: ReactNode;
  hint?: ReactNode;
  /** Of the field with its label; `className` is of the control. */
  fieldClassName?: string;
}

/** One line of text in a {@link Form}. */
export function TextField<Name extends string>({
  form,
  name,
  label,
  hint,
  fieldClassName,
  ...props
}: FormFieldProps<Name> & Omit<ComponentProps<'input'>, 'form' | 'name'>) {
  return (
    <Field label={label} hint={hint} error={form.mistakes[name]} className={fieldClassName}>
      {(control) => <Input {...control} name={name} defaultValue={form.initial[name]} {...props} />}
    </Field>
  );
}

/** A mail address; for a password manager it is the user name. */
export function EmailField<Name extends string>(
  props: FormFieldProps<Name> & Omit<ComponentProps<'input'>, 'form' | 'name'>,
) {
  return (
    <TextField
      type="email"
      inputMode="email"
      autoComplete="username"
      autoCapitalize="off"
      autoCorrect="off"
      spellCheck={false}
      {...props}
    />
  );
}

/** Several lines of text in a {@link Form}. */
export function LongTextField<Name extends string>({
  form,
  name,
  label,
  hint,
  fieldClassName,
  ...props
}: FormFieldProps<Name> & Omit<ComponentProps<'textarea'>, 'form' | 'name'>) {
  return (
    <Field label={label} hint={hint} error={form.mistakes[name]} className={fieldClassName}>
      {(control) => <Textarea {...control} name={name} defaultValue={form.initial[name]} {...props} />}
    </Field>
  );
}

/** A password in a {@link Form}, which can be looked at. */
export function PasswordField<Name extends string>({
  form,
  name,
  label,
  hint,
  fieldClassName,
  autoComplete,
  ...props
}: FormFieldProps<Name> & {
  autoComplete: 'current-password' | 'new-password';
} & Omit<ComponentProps<'input'>, 'form' | 'name'>) {
  return (
    <Field label={label} hint={hint} error={form.mistakes[name]} className={fieldClassName}>
      {(control) => <PasswordInput {...control} name={name} autoComplete={autoComplete} {...props} />}
    </Field>
  );
}

/** Tells a password manager whose password a form is about, where the form does not ask for it. */
export function UsernameHint({ email }: { email: string }) {
  return <input type="email" name="username" autoComplete="username" value={email} readOnly hidden />;
}

/** The mistakes of fields that are empty. */
export function missing<Name extends string>(values: Values<Name>, ...names: Name[]): Mistakes<Name> {
  return Object.fromEntries(
    names.filter((name) => values[name].trim() === '').map((name) => [name, t.form.required]),
  ) as Mistakes<Name>;
}

/** The mistakes of a new password. */
export function checkNewPassword(password: string): string | undefined {
  const length = [...password].length;
  if (length === 0) return t.form.required;
  if (length < 8) return t.form.tooShort(length);
  return length > 128 ? t.form.tooLong(length) : undefined;
}
