import { v7 } from 'uuid';

/** A new id: UUIDv7, so that rows made later also sort later. `at` is the moment to sort by; now without it. */
export function newId(at?: Date): string {
  return at ? v7({ msecs: at.getTime() }) : v7();
}
