#!/usr/bin/env node
// In the place of curl where there is none: the options that docs/api.md uses, and no other.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    include: { type: 'boolean', short: 'i' },
    'no-buffer': { type: 'boolean', short: 'N' },
    request: { type: 'string', short: 'X' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    json: { type: 'string' },
    output: { type: 'string', short: 'o' },
    'write-out': { type: 'string', short: 'w', default: '' },
  },
});
const [url, ...others] = positionals;
if (!url || others.length > 0) throw new Error(`one address is asked for at a time, not ${positionals.join(' ')}`);
const { json } = values;
const body = json?.startsWith('@') ? readFileSync(json.slice(1), 'utf8') : json;
const headers = new Headers(
  body === undefined ? {} : { 'content-type': 'application/json', accept: 'application/json' },
);
for (const line of values.header) {
  const at = line.indexOf(':');
  headers.set(line.slice(0, at), line.slice(at + 1).trim());
}
const method = values.request ?? (body === undefined ? 'GET' : 'POST');
const answer = await fetch(url, { method, headers, body, redirect: 'manual' });
if (values.include) {
  process.stdout.write(`HTTP/1.1 ${answer.status} ${answer.statusText}\r\n`);
  for (const [name, value] of answer.headers) process.stdout.write(`${name}: ${value}\r\n`);
  process.stdout.write('\r\n');
}
if (values.output) writeFileSync(values.output, Buffer.from(await answer.arrayBuffer()));
else for await (const chunk of answer.body ?? []) process.stdout.write(chunk);
process.stdout.write(
  values['write-out']
    .replaceAll('%{http_code}', String(answer.status))
    .replaceAll('%{content_type}', answer.headers.get('content-type') ?? '')
    .replaceAll('\\n', '\n'),
);
