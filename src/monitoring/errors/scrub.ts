import type { Secrets } from '../../config.ts';

/** What stands in the place of what must not leave. */
const hidden = '[hidden]';

/** Texts that are secret by their form, wherever they come from: keys, tokens, passwords in addresses, mail addresses. */
const secretForms: readonly RegExp[] = [
  /\bbp_[\w-]{8,}/g,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g,
  /\b(?:sk|pk|rk|xai|AIza|SG|BSA|tvly)[-_.][\w.-]{8,}/g,
  /\bAIza[\w-]{20,}/g,
  /(?<=\/\/)[^/\s@]+@/g,
  /(?<=[?&#;](?:token|key|password|secret|signature|code|state|access_token)=)[^&\s"']+/gi,
  /\b[a-zA-Z0-9]{4}(?: [a-zA-Z0-9]{4}){5}\b/g,
  /[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}/g,
];

/** Quoted words of a message: there it quotes what a person, a model or a page wrote. Names in code are short words. */
const quoted = /(["'`“„«‘])((?:(?!["'`”“»’]).)*)(["'`”“»’])/gs;
const isName = (text: string) => /^[\w.:$/-]{1,60}$/.test(text);
/** Database libraries append what was to be stored, and JSON parsers what could not be read. */
const appended = /\n\s*params:[\s\S]*$|\bis not valid JSON[\s\S]*$/;

const longestMessage = 200;

/** A function that takes out of a text every secret that this process knows, and everything that has the form of one. */
export function createScrub(secrets: Secrets): (text: string) => string {
  const known = Object.values(secrets)
    .flatMap((value) => (typeof value === 'string' ? [value, ...passwordsIn(value)] : []))
    .filter((value) => value.length >= 6)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const value of known) clean = clean.replaceAll(value, hidden);
    for (const form of secretForms) clean = clean.replace(form, hidden);
    return clean;
  };
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

/** The message of an error without what it quotes: one line of at most 200 characters. */
export function withoutQuotes(message: string): string {
  const said = message
    .replace(appended, '')
    .replace(quoted, (all, open, inside, close) => (isName(inside) ? all : `${open}…${close}`));
  const line = said.split('\n', 1)[0] ?? '';
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}
