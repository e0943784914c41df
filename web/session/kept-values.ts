import { useCallback, useEffect, useState } from 'react';
import { useUser } from './session.ts';

const keyOf = (userId: string, name: string) => `blog-poster:${name}:${userId}`;

function read<Values extends Record<string, string>>(key: string, empty: Values): Values {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? '{}') as Record<string, unknown>;
    const known = Object.entries(kept).filter(([name, value]) => name in empty && typeof value === 'string');
    return { ...empty, ...Object.fromEntries(known) };
  } catch (error) {
    console.info('What this tab has kept could not be read.', error);
    return empty;
  }
}

function write(key: string, values: Record<string, string> | null): void {
  try {
    if (values) sessionStorage.setItem(key, JSON.stringify(values));
    else sessionStorage.removeItem(key);
  } catch (error) {
    console.info('This tab has no room or no permission to keep what was typed.', error);
  }
}

/** Lays out what a form will find in its fields the next time it is opened. */
export const keepValues = (userId: string, name: string, values: Record<string, string>) =>
  write(keyOf(userId, name), values);

/**
 * What was typed into a form and not sent yet: it outlives a reload of this tab and the way over the log-in page, and
 * belongs to the account it was typed in. `forget` empties the form.
 */
export function useKeptValues<Values extends Record<string, string>>(name: string, empty: Values) {
  const key = keyOf(useUser().id, name);
  const [values, setValues] = useState(() => read(key, empty));
  const pristine = Object.entries(empty).every(([field, value]) => values[field] === value);
  useEffect(() => write(key, pristine ? null : values), [key, pristine, values]);
  const change = useCallback((part: Partial<Values>) => setValues((before) => ({ ...before, ...part })), []);
  const forget = () => {
    write(key, null);
    setValues(empty);
  };
  return { values, change, forget };
}
