import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (file: string) => readFileSync(`${root}${file}`, 'utf8');

interface Variable {
  key: string;
  value?: string;
  scope?: string;
  type?: string;
}
interface Component {
  name: string;
  kind?: string;
  schedule?: { cron: string };
  image: { registry_type: string; digest: string; tag?: string };
  run_command?: string;
  instance_size_slug: string;
  http_port?: number;
  health_check?: { http_path: string };
  liveness_health_check?: { http_path: string };
  alerts?: { rule: string }[];
  envs: Variable[];
}
interface Spec {
  name: string;
  disable_edge_cache: boolean;
  domains: { domain: string }[];
  alerts: { rule: string }[];
  databases: { name: string; production: boolean; version: string; db_user: string }[];
  ingress: { rules: { component: { name: string } }[] };
  services: Component[];
  workers?: Component[];
  jobs: Component[];
}

const config = text('src/config.ts');
const shape = config.slice(config.indexOf('const environment = z.object({'), config.indexOf('/** What is expected of'));
const read = new Set([...shape.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name));
/** What of a database or of the app the platform fills in. */
const bindable = new Set([
  'DATABASE_URL',
  'DATABASE_PRIVATE_URL',
  'CA_CERT',
  'HOSTNAME',
  'PORT',
  'USERNAME',
  'DATABASE',
]);
const secretName = /SECRET|PASSWORD|TOKEN|_KEY$|_KEY_ID$|_DSN$|^(SMTP|REDIS)_URL$|IDENTITY/;

describe.each(['deploy/app.yaml', 'deploy/app-with-worker.yaml'])('%s', (file) => {
  const spec: Spec = parse(text(file));
  const components = [...spec.services, ...(spec.workers ?? []), ...spec.jobs];
  const variables = components.flatMap(({ name, envs }) => envs.map((variable) => ({ of: name, ...variable })));

  it('refers only to components and databases that it has', () => {
    const databases = spec.databases.map(({ name }) => name);
    const references = variables.flatMap(({ value }) => [...(value ?? '').matchAll(/\$\{([^}]*)\}/g)]);
    expect(references.length).toBeGreaterThan(3);
    for (const [, reference = ''] of references) {
      const [component, property = ''] = reference.split('.');
      expect(databases, reference).toContain(component);
      expect(bindable.has(property), reference).toBe(true);
    }
    const names = components.map(({ name }) => name);
    expect(new Set([...names, ...databases]).size).toBe(names.length + databases.length);
    for (const { component } of spec.ingress.rules) expect(names).toContain(component.name);
  });

  it('holds no secret: those have a type, and their values stand elsewhere', () => {
    for (const { of, key, value, type, scope } of variables) {
      const reference = /^\$\{[^}]+\}$/.test(value ?? '');
      expect(scope, `${of} ${key}`).toBe('RUN_TIME');
      expect(type === 'SECRET', `${of} ${key}`).toBe(secretName.test(key) && !reference);
      if (type === 'SECRET') expect(value, `${of} ${key}`).toBeUndefined();
      else expect(value, `${of} ${key}`).not.toMatch(/:[^/@]+@|AGE-SECRET|^EV\[/);
    }
    expect(text(file)).not.toMatch(/dop_v1_|sk-[a-z]|BEGIN [A-Z ]*PRIVATE/);
  });

  it('sets only what the program reads, for every component the same', () => {
    expect(read.size).toBeGreaterThan(30);
    expect(variables.filter(({ key }) => !read.has(key)).map(({ key }) => key)).toEqual([]);
    for (const { envs } of components) expect(envs).toEqual(spec.services[0]?.envs);
  });

  it('deploys one image by its digest', () => {
    for (const { image } of components) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: filled in by the deploy
      expect(image).toEqual({ registry_type: 'DOCR', repository: 'blog-poster', digest: '${IMAGE_DIGEST}' });
    }
  });

  it('migrates before a release and backs up beside the app', () => {
    const kinds = Object.fromEntries(spec.jobs.map((job) => [job.kind, job]));
    expect(kinds.PRE_DEPLOY?.run_command).toBe('blog-poster migrate');
    expect(kinds.SCHEDULED?.run_command).toBe('blog-poster backup create');
    expect(kinds.SCHEDULED?.alerts).toEqual([{ rule: 'JOB_INVOCATION_FAILED' }]);
    const own = variables.find(({ key }) => key === 'BACKUP_CRON')?.value;
    expect(kinds.SCHEDULED?.schedule?.cron).not.toBe(own);
    for (const { run_command: command } of components) {
      if (command?.startsWith('node '))
        expect(command).toMatch(/^node \/app\/server\/main\.js( --role (web|worker))?$/);
    }
  });

  it('is alive without the database, ready with it, and streams', () => {
    for (const service of spec.services) {
      expect(service.liveness_health_check?.http_path).toBe('/health/live');
      expect(service.health_check?.http_path).toBe('/health/ready');
      expect(service.http_port).toBe(3000);
    }
    expect(spec.disable_edge_cache).toBe(true);
    expect(spec.alerts.map(({ rule }) => rule)).toEqual(['DEPLOYMENT_FAILED', 'DOMAIN_FAILED']);
    for (const { alerts } of [...spec.services, ...(spec.workers ?? [])]) {
      expect(alerts?.map(({ rule }) => rule)).toEqual(['CPU_UTILIZATION', 'MEM_UTILIZATION', 'RESTART_COUNT']);
    }
  });

  it('signs in to a managed cluster as somebody else than its owner', () => {
    for (const database of spec.databases) {
      expect(database).toMatchObject({ production: true, version: '17' });
      expect(database.db_user).not.toBe('doadmin');
    }
  });

  it('says the same address as its domain', () => {
    const url = variables.find(({ key }) => key === 'APP_URL')?.value ?? '';
    expect(new URL(url).host).toBe(spec.domains[0]?.domain);
  });

  it('has sizes whose price stands in the table of costs', () => {
    const columns = costs();
    const priced = columns.rows.filter((row) => row[file.replace('deploy/', '')] !== '').map((row) => row.size);
    for (const { name, instance_size_slug: size } of components) expect(priced, name).toContain(size);
  });
});

/** The first table of docs/costs.md, a row for each thing. */
function costs(): { rows: Record<string, string>[]; sum: Record<string, string> } {
  const lines = text('docs/costs.md')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  const cells = (line = '') =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const end = lines.findIndex((line) => line.includes('**sum**'));
  const headings = cells(lines[0]);
  const asRow = (line?: string) => Object.fromEntries(cells(line).map((cell, index) => [headings[index] ?? '', cell]));
  return { rows: lines.slice(2, end).map(asRow), sum: asRow(lines[end]) };
}

describe('the table of costs', () => {
  const { rows, sum } = costs();

  it.each(['app.yaml', 'app-with-worker.yaml'])('adds up for %s', (column) => {
    const prices = rows.map((row) => Number(row[column] || 0));
    expect(prices.filter((price) => price > 0).length).toBeGreaterThan(3);
    const total = prices.reduce((all, price) => all + price, 0);
    expect(sum[column]).toBe(`**${total.toFixed(2)}**`);
  });

  it('says of every price when it was looked at, or that it was not', () => {
    for (const row of rows) expect(row['price of'], row.what).toMatch(/^([A-Z][a-z]+ 20\d\d|not looked up)$/);
  });

  it('keeps the first one under fifty dollars', () => {
    expect(Number(sum['app.yaml']?.replaceAll('*', ''))).toBeLessThan(50);
  });
});
