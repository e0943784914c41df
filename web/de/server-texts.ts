import { problemTexts } from './server-problems.ts';
import { siteTexts } from './server-sites.ts';
import { writingTexts } from './server-writing.ts';

/** What the server says, with `{}` for what changes, and what that is in German: the same in its order, or a function of it. */
export type ServerTexts = [english: string, german: string | ((...values: string[]) => string)][];

/** Everything that is known in German. */
export const serverTexts: ServerTexts = [...problemTexts, ...siteTexts, ...writingTexts];

const whole = new Map<string, string>();
const patterns: { pattern: RegExp; german: ServerTexts[number][1] }[] = [];
for (const [english, german] of serverTexts) {
  if (typeof german === 'string' && !english.includes('{}')) whole.set(english, german);
  else {
    const parts = english.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    patterns.push({ pattern: new RegExp(`^${parts.join('(.*?)')}$`, 's'), german });
  }
}

/** What the server says in English, in German; null where it is not known. Of several sentences all have to be. */
export function translate(text: string): string | null {
  const known = translateWhole(text);
  if (known !== null) return known;
  const sentences = text.split(/(?<=[.!?]) (?=\S)/);
  const said = sentences.length > 1 ? sentences.map(translateWhole) : [];
  return said.length > 0 && said.every((sentence) => sentence !== null) ? said.join(' ') : null;
}

function translateWhole(text: string): string | null {
  const known = whole.get(text);
  if (known !== undefined) return known;
  for (const { pattern, german } of patterns) {
    const match = pattern.exec(text);
    if (!match) continue;
    const values = match.slice(1).map(inGermanSigns);
    if (typeof german === 'function') return german(...values);
    let next = 0;
    return german.replace(/\{\}/g, () => values[next++] ?? '');
  }
  return null;
}

/** Amounts as German has them: `1.5` and `$0.50` are `1,5` and `0,50 $`. */
function inGermanSigns(value: string): string {
  if (/^\d+\.\d+$/.test(value)) return value.replace('.', ',');
  const [, dollars] = /^\$(\d+(?:\.\d+)?)$/.exec(value) ?? [];
  return dollars === undefined ? value : `${dollars.replace('.', ',')}\u00a0$`;
}
