let locale = 'de';

/** Lets counts in German sentences be written as in a locale such as `de-AT`. */
export function countAs(readers: string): void {
  locale = readers;
}

/** A whole number: `12.345`. */
export const number = (count: number): string => count.toLocaleString(locale);
