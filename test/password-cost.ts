import crypto, { type Argon2Parameters } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/*
 * Accounts of tests have passwords, hundreds of them, and a hash that nobody is to guess costs 60 ms of a processor: a
 * fifth of all that the unit tests took. Here the same algorithm does its least. What is stored is written as ever, and
 * where it matters how long a hash takes, `realPasswordCost` is asked for.
 */
const { argon2 } = crypto;
const least: Partial<Argon2Parameters> = { memory: 64, passes: 1 };

const cheap: typeof argon2 = (algorithm, parameters, callback) =>
  argon2(algorithm, { ...parameters, ...least }, callback);

function use(implementation: typeof argon2): void {
  crypto.argon2 = implementation;
  syncBuiltinESMExports();
}

/** From here on passwords of this process cost what they do in production, until what is returned is called. */
export function realPasswordCost(): () => void {
  use(argon2);
  return () => use(cheap);
}

use(cheap);
