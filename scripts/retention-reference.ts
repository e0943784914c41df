import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { backupsKept, lasting, periods } from '../src/retention.ts';

const names = (tables: readonly string[]) => tables.map((table) => `\`${table}\``).join(', ') || 'those of the queue';

/** docs/retention.md, from the module that the clean-ups take their times from. */
export function retentionReference(): string {
  const deleted = Object.values(periods).map(
    ({ what, tables, kept, since, why }) => `| ${what} | ${kept} since ${since} | ${why} | ${names(tables)} |`,
  );
  const kept = lasting.map(({ what, until, why, tables }) => `| ${what} | ${until} | ${why} | ${names(tables)} |`);
  return `# What is kept, and for how long

Written by \`npm run retention\` from \`src/retention.ts\`, where the clean-ups take their times from. None of them is a setting but those of [backups](backups.md): what a person was promised in the app ("in the bin for 30 days") holds on every instance. Whoever needs others changes that file.

Workers delete once an hour, by the clock of the database. A process whose own clock has jumped deletes nothing until its next start. What an article cites is never deleted before the article.

## Deleted by itself

| what | kept | why | tables |
|---|---|---|---|
${deleted.join('\n')}

## Kept

| what | until | why | tables |
|---|---|---|---|
${kept.join('\n')}

What is not stored for longer than it takes: the second step of a log-in (\`verifications\`, ten minutes), counters in Redis (a minute), what is remembered in memory (until the process ends).

## Outside the database

| what | kept | why |
|---|---|---|
| Logs | blog-poster keeps none: JSON lines on standard output. How long the platform keeps them is yours to set; they hold ids and addresses of clients, no texts and no secrets | |
| Backups | all of the last \`BACKUP_KEEP\` days (7), then the last of each week for ${backupsKept.weeks} weeks, then the last of each month for ${backupsKept.months} months; counted back from the newest verified one | An account that was deleted is in them until then: about seven months |
| Work of a backup or a proof (\`DATA_DIR/backup-work\`, or among the temporary files with PostgreSQL) | until it is over; what a killed process left, until the next one | |
| \`DATA_DIR/db.before-...\` | until you delete it | The database before a restore |
| Uploaded files | in memory, while the request lasts | Images and sources that come of them are in the database |
| Errors in Sentry, traces, figures in Prometheus | as set there | Without texts and secrets; \`compose.yaml\` keeps Prometheus' figures for 30 days |

## When somebody wants to be forgotten

The account is deleted by its owner (*Account settings*) or with \`DELETE /me\`: everything in *Kept* that is of one account goes at once, published posts stay on their sites. What remains: lines of the access log with its id for a year, its address in entries of mails for up to 90 days, sums of money without a name, and backups until they
age out. After restoring one, delete such accounts again.
`;
}

if (argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('../docs/retention.md', import.meta.url), retentionReference());
