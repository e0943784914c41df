import { v7 } from 'uuid';

/** A new id: UUIDv7, so that rows made later also sort later. */
export function newId(): string {
  return v7();
}
