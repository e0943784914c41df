import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { errorCatalogue } from '../src/errors.ts';

/** docs/errors.md, from the catalogue in the code: none is missing, none is made up. */
export function errorReference(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, retryable, hint }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${hint} |`,
  );
  return `# Error codes

Written by \`npm run errors\` from \`src/errors.ts\`. Every error that leaves blog-poster has one of these codes; its message says what happened in this case, and its hint what to do, which may be more precise than the one here.

| code | HTTP | trying again may help | what to do |
|---|---|---|---|
${rows.join('\n')}
`;
}

if (argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('../docs/errors.md', import.meta.url), errorReference());
