#!/usr/bin/env node
// In the place of openssl where there is none: the one thing that docs/api.md asks of it, an HMAC of standard input.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [, , ...args] = process.argv;
const asked = /^dgst -sha256 -mac HMAC -macopt hexkey:([0-9a-f]+) -binary$/.exec(args.join(' '));
if (!asked) throw new Error(`this is not known here: openssl ${args.join(' ')}`);
process.stdout.write(createHmac('sha256', Buffer.from(asked[1], 'hex')).update(readFileSync(0)).digest());
