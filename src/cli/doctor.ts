import { existsSync } from 'node:fs';
import { z } from 'zod';
import { priceListSchema } from '../budget/price-list.ts';
import { type Config, loadConfig, type Secrets, version } from '../config.ts';
import { findHolder } from '../db/data-dir.ts';
import { migrate } from '../db/migrate.ts';
import { openDatabase } from '../db/open.ts';
import { pendingMigrations } from '../db/pending-migrations.ts';
import { AppError } from '../errors.ts';
import { createMailer } from '../notify/create-mailer.ts';
import { webAppFolder } from '../shipped-files.ts';
import { siteCheckSchema } from '../sites/present.ts';
import { createWebSearch } from '../web-search/web-search.ts';
import { inspectDataDir } from './doctor-data-dir.ts';
import { inspectMail } from './doctor-mail.ts';
import { inspectModels } from './doctor-models.ts';
import { inspectMoney } from './doctor-money.ts';
import { inspectSearch } from './doctor-search.ts';
import { explain } from './explain.ts';
import { type Io, print } from './io.ts';
import { formatUsd } from './report.ts';
import { openSession, type Session } from './session.ts';
import { allSites } from './site.ts';

/** One thing that was looked at. Only a `problem` makes the command fail. */
export interface Finding {
  check:
    | 'configuration'
    | 'data directory'
    | 'database'
    | 'migrations'
    | 'queue'
    | 'model'
    | 'price'
    | 'money'
    | 'search'
    | 'mail'
    | 'web app'
    | 'site';
  severity: 'ok' | 'warning' | 'problem';
  message: string;
  hint?: string;
}

const webApp = new URL('index.html', webAppFolder);

/** Looks at everything that a working installation needs and says what is wrong and how to mend it. */
export async function doctor(io: Io, options: { json?: boolean }): Promise<number> {
  const findings = await examine(io);
  const ok = findings.every((finding) => finding.severity !== 'problem');
  print(io, options.json, { ok, version, findings }, () => [
    ...findings.flatMap(({ check, severity, message, hint }) => [
      `${severity.padEnd(8)} ${check.padEnd(14)} ${message}`,
      ...(hint ? [`${' '.repeat(24)}${hint}`] : []),
    ]),
    ok ? 'Nothing is in the way.' : 'Something is in the way: see above.',
  ]);
  return ok ? 0 : 1;
}

async function examine(io: Io): Promise<Finding[]> {
  let loaded: { config: Config; secrets: Secrets };
  try {
    loaded = loadConfig(io.env);
  } catch (error) {
    return explain(error).map((message) => ({ check: 'configuration', severity: 'problem', message }));
  }
  const { config, secrets } = loaded;
  const embedded = config.database.kind === 'embedded';
  const findings: Finding[] = [
    { check: 'configuration', severity: 'ok', message: `every variable is valid; Node ${process.versions.node}` },
    ...(embedded ? inspectDataDir(config.dataDir) : []),
    existsSync(webApp)
      ? { check: 'web app', severity: 'ok', message: 'built' }
      : {
          check: 'web app',
          severity: 'warning',
          message: 'not built',
          hint: 'Build it: npm run build (npm start does it).',
        },
  ];
  const webSearch = createWebSearch(config, secrets);
  findings.push(...(await inspectSearch(webSearch)));
  await webSearch.close();
  findings.push(await tryMail(config, secrets));
  const holder = embedded ? findHolder(config.dataDir) : null;
  const schema: Finding = holder
    ? { check: 'migrations', severity: 'ok', message: `applied by the server that runs as process ${holder.pid}` }
    : await inspectSchema(config, secrets);
  findings.push(schema);
  if (schema.severity === 'problem') return findings;
  try {
    const session = await openSession(io, { work: false });
    try {
      findings.push(
        ...(await inspectModels(config, secrets, await session.api.request('GET', '/admin/prices', priceListSchema))),
        ...(await inspectServer(session)),
        await inspectCost(session),
        ...(await inspectMoney(session.api)),
        ...(await inspectSites(session)),
      );
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!findings.some(({ check }) => check === 'model'))
      findings.push(...(await inspectModels(config, secrets, null)));
    findings.push(asFinding('database', error));
  }
  return findings;
}

async function tryMail(config: Config, secrets: Secrets): Promise<Finding> {
  try {
    const mailer = createMailer(config, secrets);
    const finding = await inspectMail(mailer);
    await mailer.close();
    return finding;
  } catch (error) {
    return asFinding('mail', error);
  }
}

/** The state of the schema, without changing a database that others use; an embedded one is migrated as every start does. */
async function inspectSchema(config: Config, secrets: Secrets): Promise<Finding> {
  try {
    const database = await openDatabase(config, secrets);
    try {
      if (config.database.kind === 'embedded') {
        const { applied } = await migrate(database);
        return {
          check: 'migrations',
          severity: 'ok',
          message: applied.length ? `applied ${applied.join(', ')}` : 'up to date',
        };
      }
      const pending = await pendingMigrations(database);
      return pending.length === 0
        ? { check: 'migrations', severity: 'ok', message: 'up to date' }
        : {
            check: 'migrations',
            severity: 'problem',
            message: `not applied yet: ${pending.join(', ')}`,
            hint: 'Apply them: blog-poster migrate',
          };
    } finally {
      await database.close();
    }
  } catch (error) {
    return asFinding('database', error);
  }
}

const health = z.object({
  status: z.string(),
  database: z.string(),
  queue: z.string(),
  disk: z.string(),
  version: z.string(),
});

async function inspectServer({ api, kind }: Session): Promise<Finding[]> {
  const answer = await api.health(health);
  const part = (check: 'database' | 'queue', state: string): Finding =>
    state === 'up'
      ? { check, severity: 'ok', message: 'answers' }
      : { check, severity: 'problem', message: `is ${state}`, hint: 'Look into the log of the server for the reason.' };
  const findings = [part('database', answer.database), part('queue', answer.queue)];
  if (kind === 'server' && answer.version !== version) {
    findings.push({
      check: 'configuration',
      severity: 'warning',
      message: `the running server is version ${answer.version}, this command ${version}`,
      hint: 'Restart the server to bring it up to this version.',
    });
  }
  return findings;
}

const dryRun = z.object({ low: z.int(), likely: z.int(), high: z.int() });

/** What the running server would charge for an article, by its own models and prices. */
async function inspectCost({ api }: Session): Promise<Finding> {
  try {
    const cost = await api.request('POST', '/pipelines?dryRun=true', dryRun, { topic: 'an article of usual length' });
    const message = `an article is likely to cost ${formatUsd(cost.likely)}, at most about ${formatUsd(cost.high)}`;
    return { check: 'model', severity: 'ok', message };
  } catch (error) {
    return asFinding('model', error);
  }
}

async function inspectSites({ api }: Session): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const site of await allSites(api)) {
    const { ok, findings: seen } = await api.request('POST', `/sites/${site.id}/check`, siteCheckSchema);
    if (ok) findings.push({ check: 'site', severity: 'ok', message: `${site.name} answers and accepts posts` });
    for (const { severity, message, hint } of seen) {
      if (severity === 'info') continue;
      findings.push({
        check: 'site',
        severity: severity === 'error' ? 'problem' : 'warning',
        message: `${site.name}: ${message}`,
        hint,
      });
    }
  }
  if (findings.length === 0) findings.push({ check: 'site', severity: 'ok', message: 'none yet' });
  return findings;
}

function asFinding(check: Finding['check'], error: unknown): Finding {
  if (error instanceof AppError) return { check, severity: 'problem', message: error.message, hint: error.hint };
  const [message = 'failed', hint] = explain(error);
  return { check, severity: 'problem', message, ...(hint ? { hint } : {}) };
}
