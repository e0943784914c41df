import type { Secrets } from '../../config.ts';
import { hidden, hideSecretForms } from './hide.ts';

/** A function that takes out of a text every secret that this process knows, and everything that has the form of one. */
export function createScrub(secrets: Secrets): (text: string) => string {
  const known = Object.values(secrets)
    .flatMap((value) => (typeof value === 'string' ? [value, ...passwordsIn(value)] : []))
    .filter((value) => value.length >= 6)
    .sort((a, b) => b.length - a.length);
  return (text) => hideSecretForms(known.reduce((clean, value) => clean.replaceAll(value, hidden), text));
}

/** An address holds its password twice: as it is written, and as it means. */
function passwordsIn(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  if (!password) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    // Not percent-encoded: then it is meant as it is written.
    return [password];
  }
}
