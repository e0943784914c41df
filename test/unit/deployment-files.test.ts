import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (file: string) => readFileSync(`${root}${file}`, 'utf8');

describe.each(globSync('.github/workflows/*.yaml', { cwd: root }))('%s', (file) => {
  interface Job {
    uses?: string;
    steps?: { uses?: string; run?: string }[];
  }
  const workflow: { permissions: object; jobs: Record<string, Job> } = parse(text(file));
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps ?? []);

  it('may read the code and nothing else', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(text(file)).not.toMatch(/write-all|: write/);
  });

  it('runs actions of a named version, and workflows that are here', () => {
    const used = [...steps, ...jobs].flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) {
      if (action.startsWith('./')) expect(existsSync(`${root}${action}`), action).toBe(true);
      else expect(action).toMatch(/^[\w-]+\/[\w-]+@(v\d+(\.\d+)*|[0-9a-f]{40})$/);
    }
  });

  it('runs commands that exist', () => {
    const { scripts } = JSON.parse(text('package.json'));
    const lines = steps.flatMap(({ run }) => run?.split('\n') ?? []).filter((line) => !line.trim().startsWith('#'));
    const ours = lines.flatMap((line) =>
      [...line.matchAll(/(?:^|\s)((?:\.ci|deploy|scripts)\/\S+)/g)].map(([, path]) => path),
    );
    expect(ours.length).toBeGreaterThan(0);
    for (const path of ours) {
      expect(existsSync(`${root}${path}`), path).toBe(true);
      expect(statSync(`${root}${path}`).mode & 0o100, path).toBe(0o100);
    }
    for (const [, name] of lines.join('\n').matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g))
      expect(scripts).toHaveProperty([name ?? '']);
    for (const [, path] of lines.join('\n').matchAll(/-f (\S+\.yaml)/g))
      expect(existsSync(`${root}${path}`), path).toBe(true);
    // No expression of GitHub's inside a command: what a branch is called would be run.
    expect(lines.join('\n')).not.toContain('${{');
  });

  it('follows a workflow that there is', () => {
    const names = globSync('.github/workflows/*.yaml', { cwd: root }).map((other) => parse(text(other)).name);
    for (const name of parse(text(file)).on.workflow_run?.workflows ?? []) expect(names).toContain(name);
  });

  it('passes options that deploy.sh knows', () => {
    for (const [, options = ''] of text(file).matchAll(/deploy\.sh(.*)/g)) {
      for (const option of options.match(/--[\w-]+/g) ?? []) expect(text('deploy/deploy.sh')).toContain(`${option})`);
    }
  });
});

describe('deploy/compose.yaml', () => {
  interface Service {
    image?: string;
    build?: { context: string; dockerfile: string };
    profiles?: string[];
    read_only?: boolean;
    cap_drop?: string[];
    command?: string[];
    ports?: string[];
    environment?: Record<string, string>;
    depends_on?: string[] | Record<string, unknown>;
    volumes?: string[];
    configs?: { source: string; target: string }[];
    healthcheck?: { disable?: boolean; test?: string[] };
  }
  const source = text('deploy/compose.yaml');
  const compose: { services: Record<string, Service>; volumes: object; configs: object } = parse(source, {
    merge: true,
  });
  const services = Object.entries(compose.services);
  const { app, worker, postgres, caddy } = compose.services;

  it('refers to services, volumes and files that there are', () => {
    for (const [name, service] of services) {
      const needs = Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on ?? {});
      for (const other of needs) expect(compose.services, name).toHaveProperty([other]);
      for (const volume of service.volumes ?? []) {
        const [from = ''] = volume.split(':');
        // The files of monitoring come with it.
        if (/^\.\/(prometheus|grafana)/.test(from)) continue;
        if (from.startsWith('.')) expect(existsSync(`${root}deploy/${from}`), from).toBe(true);
        else expect(compose.volumes, name).toHaveProperty([from]);
      }
      for (const { source: config } of service.configs ?? []) expect(compose.configs).toHaveProperty([config]);
    }
    expect(existsSync(`${root}deploy/${app?.build?.context}/${app?.build?.dockerfile}`)).toBe(true);
  });

  it('asks for what the example of its settings has, and leaves out none of it', () => {
    const asked = new Set([...source.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name));
    for (const config of Object.values(compose.configs as Record<string, { environment?: string }>)) {
      if (config.environment) asked.add(config.environment);
    }
    const example = text('deploy/compose.env.example').match(/^[A-Z0-9_]+(?==)/gm) ?? [];
    expect([...asked].sort()).toEqual([...example].sort());
    expect(text('.gitignore').split('\n')).toContain('deploy/.env');
  });

  it('runs images of a named version', () => {
    for (const [name, { image }] of services) expect(image, name).toMatch(/^[\w./-]+:(?!latest)[\w.-]+$/);
    expect(postgres?.image).toMatch(/pg17$/);
  });

  it('opens nothing to the world but Caddy', () => {
    expect(caddy?.ports).toEqual(['80:80', '443:443', '443:443/udp']);
    for (const [name, { ports }] of services) {
      if (name !== 'caddy') for (const port of ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('gives the app a read-only root and no rights, the worker the same settings', () => {
    expect(app).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(worker).toMatchObject({ read_only: true, cap_drop: ['ALL'], healthcheck: { disable: true } });
    expect({ ...worker?.environment, WORKER_PORT: undefined }).toEqual({ ...app?.environment, WORKER_PORT: undefined });
  });

  it('has Caddy lead to the app, streams and all, and keep the metrics inside', () => {
    const caddyfile = text('deploy/Caddyfile');
    expect(caddyfile).toMatch(/reverse_proxy app:3000/);
    expect(caddyfile).toMatch(/flush_interval -1/);
    expect(caddyfile).toMatch(/header_up X-Forwarded-For \{remote_host\}/);
    expect(caddyfile).toMatch(/@metrics path \/metrics\n\s*respond @metrics 404/);
    expect(app?.environment?.CLIENT_ADDRESS_HEADER).toBe('x-forwarded-for');
    expect(caddyfile.match(/\{\$(\w+)\}/)?.[1]).toBe('DOMAIN');
    expect([...caddyfile].filter((sign) => sign === '{').length).toBe(
      [...caddyfile].filter((sign) => sign === '}').length,
    );
  });
});

describe.each(globSync('deploy/systemd/*.service', { cwd: root }))('%s', (file) => {
  const unit = new Map<string, string[]>();
  for (const [, key = '', value = ''] of text(file).matchAll(/^([A-Za-z]+)=(.*)$/gm))
    unit.set(key, [...(unit.get(key) ?? []), value]);

  it('runs the bundle as nobody in particular, with its secrets in a file', () => {
    expect(unit.get('ExecStart')?.[0]).toMatch(
      /^\/usr\/bin\/node \/opt\/blog-poster\/server\/main\.js( --role worker)?$/,
    );
    expect(unit.get('DynamicUser')).toEqual(['yes']);
    expect(unit.get('EnvironmentFile')).toEqual(['/etc/blog-poster.env']);
    for (const line of unit.get('Environment') ?? []) expect(line).not.toMatch(/SECRET|PASSWORD|KEY|TOKEN|_URL/);
    expect(Number(unit.get('TimeoutStopSec')?.[0])).toBeGreaterThan(10);
  });

  it('is hardened', () => {
    expect(Object.fromEntries([...unit].map(([key, values]) => [key, values.join(' ')]))).toMatchObject({
      ProtectSystem: 'strict',
      ProtectHome: 'yes',
      NoNewPrivileges: 'yes',
      PrivateTmp: 'yes',
      CapabilityBoundingSet: '',
      RestrictAddressFamilies: 'AF_INET AF_INET6 AF_UNIX',
    });
    // Node compiles at run time: with this it would not start.
    expect(unit.has('MemoryDenyWriteExecute')).toBe(false);
  });

  it('is understood by systemd, where that is, which finds little exposed', () => {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) return;
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', `${root}${file}`], {
      encoding: 'utf8',
    });
    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
    expect(exposure, stdout).toBeLessThan(2);
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', `${root}${file}`], { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => /Unknown|Failed to parse|Invalid/i.test(line))).toEqual([]);
  });
});
