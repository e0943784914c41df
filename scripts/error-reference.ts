import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { errorAreas, errorGuides } from '../src/error-guide.ts';
import { type ErrorCode, errorCatalogue } from '../src/errors.ts';

/** docs/errors.md, from the catalogue and the guide in the code: none is missing, none is made up. */
export function errorReference(): string {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  const rows = codes
    .toSorted()
    .map((code) => `| [\`${code}\`](#${code}) | ${errorCatalogue[code].status} | ${again(code)} |`);
  const areas = Object.entries(errorAreas).map(([area, title]) => {
    const own = (Object.keys(errorGuides) as ErrorCode[]).filter((code) => errorGuides[code].area === area);
    return [`## ${title}`, ...own.map(section)].join('\n\n');
  });
  return `# Troubleshooting by error code

Written by \`npm run errors\` from \`src/errors.ts\` and \`src/error-guide.ts\`. Every error that leaves blog-poster has one of these codes: in the API as \`code\`, on the command line in brackets, in the log, at runs, publications, mails and deliveries. Its message says what happened in this case, its hint what to do, which may be more precise than what stands here. For the operator there is also the [runbook](runbook.md).

| code | HTTP | trying again may help |
|---|---|---|
${rows.join('\n')}

${areas.join('\n\n')}
`;
}

const again = (code: ErrorCode) => (errorCatalogue[code].retryable ? 'yes' : 'no');

function section(code: ErrorCode): string {
  const { status, retryable, hint } = errorCatalogue[code];
  const { means, causes, steps, where } = errorGuides[code];
  const list = (items: readonly string[], mark: (index: number) => string) =>
    items.map((item, index) => `${mark(index)} ${item}`).join('\n');
  return `### ${code}

HTTP ${status}; ${retryable ? 'trying again later may help' : 'the same again gets the same answer'}. Met at: ${where}

${means}

Usually because:

${list(causes, () => '-')}

What to do (the usual hint: *${hint}*):

${list(steps, (index) => `${index + 1}.`)}`;
}

if (argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('../docs/errors.md', import.meta.url), errorReference());
