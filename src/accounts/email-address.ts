import { z } from 'zod';
import { isMailAddress } from '../notify/address.ts';

const wanted = 'must be a mail address, for example you@example.com';

/**
 * A mail address as accounts have it: in lower case, so that there is one account for each mailbox in practice. Only
 * ASCII: letters of other scripts look like Latin ones, and some become them in lower case (the Kelvin sign is a k), so
 * an address with them could pass for another's. Domains in other scripts are written in their xn-- form. At most 254
 * characters, what SMTP can carry (RFC 5321, 4.5.3.1.3, less the brackets).
 */
export const emailSchema = z
  .string()
  .trim()
  .max(254, 'must have at most 254 characters')
  // Before the change to lower case, which makes an ASCII letter of the Kelvin sign.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what ASCII is
  .regex(/^[\x00-\x7f]*$/, 'must be written in plain Latin letters (a domain in its xn-- form)')
  .overwrite((value) => value.toLowerCase())
  .pipe(z.email(wanted))
  // And one that the outbox can write to.
  .refine(isMailAddress, wanted);
