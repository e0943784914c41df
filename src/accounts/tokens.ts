import { createHash, randomBytes } from 'node:crypto';

/** 256 bits at random in URL-safe letters: nobody guesses it, so a plain digest of it may be stored. */
export const newToken = (prefix = ''): string => prefix + randomBytes(32).toString('base64url');

/** What is kept of a token: whoever reads the database cannot use it. */
export const tokenDigest = (token: string): string => createHash('sha256').update(token).digest('base64url');
