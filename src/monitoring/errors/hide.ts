/*
 * What an error says that must not leave: used by the server and, in its own bundle, by the browser. Imports nothing.
 */

/** What stands in the place of what must not leave. */
export const hidden = '[hidden]';

/** Texts that are secret by their form, wherever they come from: keys, tokens, passwords in addresses, mail addresses. */
const secretForms: readonly RegExp[] = [
  /\bbp_[\w-]{8,}/g,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi,
  /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g,
  /\b(?:sk|pk|rk|xai|SG|BSA|tvly)[-_.]?[A-Za-z0-9][\w.-]{11,}/g,
  /\bAIza[\w-]{20,}/g,
  /(?<=\/\/)[^/\s@]+@/g,
  /(?<=[?&#;](?:token|key|password|secret|signature|code|state|access_token)=)[^&\s"']+/gi,
  // Application passwords of WordPress.
  /\b[a-zA-Z0-9]{4}(?: [a-zA-Z0-9]{4}){5}\b/g,
  /[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}/g,
];

/** Takes out everything that has the form of a secret. */
export function hideSecretForms(text: string): string {
  return secretForms.reduce((clean, form) => clean.replace(form, hidden), text);
}

/** Quoted words of a message: there it quotes what a person, a model or a page wrote. */
const quoted = /(["'`“„«‘])((?:(?!["'`”“»’]).)*)(["'`”“»’])/gs;
/** What is quoted after these is a name of the program. */
const namesOne = /\b(?:reading|setting|constraint|column|relation|table|index|function|property|package|module|type) $/;
/** Statements come without their values, which the library appends. */
const statement = /^Failed query: ([^\n]*)/;
const unreadableJson = /\bis not valid JSON\b|\bin JSON at position\b/;
const longestMessage = 200;

/** The message of an error without what it quotes: one line of at most 200 characters. */
export function withoutQuotes(message: string): string {
  const [failed] = statement.exec(message) ?? [];
  const line = failed ?? (unreadableJson.test(message) ? 'not valid JSON' : nameless(message.split('\n', 1)[0] ?? ''));
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}

const nameless = (line: string) =>
  line.replace(quoted, (all, open, _inside, close, at) =>
    namesOne.test(line.slice(0, at)) ? all : `${open}…${close}`,
  );
