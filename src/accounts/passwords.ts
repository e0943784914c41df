import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** At least 8 characters, as NIST SP 800-63B (5.1.1.2) asks for; at most 128, which a passphrase does not reach. */
export const passwordSchema = z
  .string()
  .refine((value) => [...value].length >= 8, 'must have at least 8 characters')
  .refine((value) => [...value].length <= 128, 'must have at most 128 characters');

/**
 * Argon2id (RFC 9106) with 32 MiB and three passes: about 60 ms on a small server, and more than the 19 MiB and two
 * passes that OWASP's password storage cheat sheet asks for at least. Node computes at most four at a time, so 128 MiB.
 */
const memoryKiB = 32_768;
const passes = 3;
const saltBytes = 16;
const tagBytes = 32;

/** A self-describing hash in the PHC string format: `$argon2id$v=19$m=32768,t=3,p=1$<salt>$<hash>`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const tag = await derive(password, salt, { memory: memoryKiB, passes, parallelism: 1, tagLength: tagBytes });
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=1$${base64(salt)}$${base64(tag)}`;
}

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

/** Whether `password` is the one that `hash` was made from; compares in constant time. False for a hash of another kind. */
export async function verifyPassword({ hash, password }: { hash: string; password: string }): Promise<boolean> {
  const parts = phc.exec(hash);
  if (!parts) return false;
  const [, memory, time, parallelism, salt = '', tag = ''] = parts;
  const expected = Buffer.from(tag, 'base64');
  const actual = await derive(password, Buffer.from(salt, 'base64'), {
    memory: Number(memory),
    passes: Number(time),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  });
  return timingSafeEqual(actual, expected);
}

/** The same password typed on another keyboard may arrive in other code points; NFKC makes them one (NIST SP 800-63B). */
function derive(
  password: string,
  nonce: Buffer,
  cost: { memory: number; passes: number; parallelism: number; tagLength: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: password.normalize('NFKC'), nonce, ...cost }, (error, tag) =>
      error ? reject(error) : resolve(tag),
    );
  });
}

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
