import { locale } from '../language.ts';

let timeZone: string | undefined;

/** The zone of the reader's account; undefined, which is that of their device, while nobody is signed in. */
export const readerTimeZone = (): string | undefined => timeZone;

/** Takes over the zone of an account. One that this browser cannot reckon with counts as that of the device. */
export function readInTimeZone(zone: string | undefined): void {
  try {
    timeZone = zone && new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    timeZone = undefined;
  }
}

/** What languages (`de`) are called. */
export const languageNames = () => new Intl.DisplayNames(locale, { type: 'language' });
