import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measures } from './measures.ts';
import type { Outcome } from './support/measure.ts';
import { table } from './support/table.ts';

/*
 * npm run bench -- [--quick] [--json] [name ...]
 * Runs the measures of bench/ (all but those that want to be named) and prints one table. --quick makes few runs, to see
 * that nothing is broken. --json also writes .cache/bench.json. A missed aim is shown; only a broken measure ends with 1.
 */

const root = fileURLToPath(new URL('../', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !(name in measures));
if (unknown.length > 0) {
  console.error(`There is no measure ${unknown.join(', ')}; there are: ${Object.keys(measures).join(', ')}.`);
  process.exit(2);
}
const names =
  positionals.length > 0 ? positionals : Object.keys(measures).filter((name) => !measures[name]?.onlyWhenNamed);

/** Each measure has a process of its own, so that none starts in the heap of another. */
async function run(name: string): Promise<Outcome | null> {
  const child = fork(new URL('./support/child.ts', import.meta.url), [name, String(values.quick)], { cwd: root });
  let outcome: Outcome | null = null;
  child.on('message', (message) => {
    outcome = message as Outcome;
  });
  const [status] = await once(child, 'exit');
  return status === 0 ? outcome : null;
}

const built = spawnSync(process.execPath, ['scripts/bundle.ts'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
if (built.status !== 0) process.exit(1);
const results: { name: string; load: number; outcome: Outcome | null }[] = [];
for (const name of names) {
  console.error(`${name} ...`);
  const outcome = await run(name);
  // The load of the machine while it ran: on a busy one absolute figures are too large.
  results.push({ name, load: loadavg()[0] ?? 0, outcome });
}

const figures = results.flatMap(({ outcome }) => outcome?.figures ?? []);
const broken = results.filter(({ outcome }) => outcome === null);
console.log(table(figures));
console.log(
  `\nNode ${process.versions.node}, ${availableParallelism()} cores, load ${results.map(({ name, load }) => `${load.toFixed(1)} (${name})`).join(', ')}${values.quick ? '; few runs (--quick)' : ''}`,
);
for (const reason of results.flatMap(({ outcome }) => outcome?.notMeasured ?? []))
  console.log(`not measured: ${reason}`);
for (const { name } of broken) console.log(`broken: ${name}`);
if (values.json) {
  mkdirSync(`${root}.cache`, { recursive: true });
  const about = { date: new Date().toISOString(), node: process.versions.node, cores: availableParallelism() };
  writeFileSync(`${root}.cache/bench.json`, `${JSON.stringify({ ...about, quick: values.quick, results }, null, 2)}\n`);
}
process.exitCode = broken.length > 0 ? 1 : 0;
