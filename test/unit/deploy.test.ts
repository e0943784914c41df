import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillSpec } from '../../deploy/fill-spec.ts';

/*
 * deploy/deploy.sh with stand-ins for everything outside: doctl, docker, git, curl, npm. They note how they were called, and
 * fail at the call that FAIL names. Phases of the deployments and answers of /health are lists, one for each that is made.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const digest = `sha256:${'a'.repeat(64)}`;
const before = `sha256:${'b'.repeat(64)}`;
const secret = 'EV[1:abcdef:c2VjcmV0]';
const standIns: Record<string, string> = {
  doctl: `
case "$2 $3" in
  'spec get') name=spec-get ;;
  'spec validate') name=spec-validate ;;
  *) name=$2 ;;
esac
fail "doctl-$name"
made=$(cat "$STATE/made" 2>/dev/null || echo 0)
nth() { echo "$1" | tr ' ' '\\n' | sed -n "$2p"; }
case $name in
  spec-get) echo "$PRESENT" ;;
  update) echo $((made + 1)) >"$STATE/made"; cp "$5" "$STATE/sent-$((made + 1))"; echo app ;;
  list-deployments) [ "$NOTHING_BEGINS" ] && made=0; echo "deployment-$made" ;;
  get-deployment) [ "$made" = 2 ] && fail get-back; nth "\${PHASES:-ACTIVE ACTIVE}" "$made" ;;
  get) case "$*" in *ActiveDeployment*) echo deployment-0 ;; *) echo "\${INGRESS-https://blog-poster.example.com}" ;; esac ;;
esac`,
  docker: `
fail "docker-$1"
[ "$1" = inspect ] && echo "registry.digitalocean.com/team/blog-poster@\${DIGEST-${digest}}"
exit 0`,
  git: `
fail "git-$1"
[ "$1" = rev-parse ] && echo 0123456789ab
exit 0`,
  curl: `
made=$(cat "$STATE/made")
state=$(echo "\${HEALTH:-healthy healthy}" | tr ' ' '\\n' | sed -n "$made"p)
echo "{\\"status\\":\\"$state\\",\\"database\\":\\"up\\"}"`,
  npm: `fail "npm-$1"; exit 0`,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bp-deploy-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const [name, script] of Object.entries(standIns)) {
    const file = join(bin, name);
    writeFileSync(
      file,
      `#!/bin/bash\necho "${name} $*" >>"$STATE/calls"\nfail() { [ "$FAIL" != "$1" ] || { echo "$1: dop_v1_0123abc of postgres://app:hunter2@db EV[1:no:one] went wrong" >&2; exit 1; }; }\n${script}\n`,
    );
    chmodSync(file, 0o755);
  }
  const home = join(folder, 'checkout');
  mkdirSync(home);
  cpSync(join(root, 'deploy'), join(home, 'deploy'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  // The real one is tried on a real server: test/services/image.test.ts.
  writeFileSync(
    join(home, 'deploy/smoke-test.ts'),
    "console.log('smoke', process.argv[2]); process.exitCode = process.env.FAIL === 'smoke' ? 1 : 0;",
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const present = {
  name: 'blog-poster',
  services: [
    {
      name: 'web',
      image: { registry_type: 'DOCR', repository: 'blog-poster', digest: before },
      envs: [{ key: 'APP_SECRET', value: secret, type: 'SECRET' }],
    },
  ],
};

let runs = 0;
function deploy(env: Record<string, string> = {}, args: string[] = []) {
  const state = join(folder, `state-${++runs}`);
  mkdirSync(state);
  const { status, stdout, stderr } = spawnSync('bash', [join(folder, 'checkout/deploy/deploy.sh'), ...args], {
    encoding: 'utf8',
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      STATE: state,
      APP_ID: 'app',
      REGISTRY: 'team',
      PRESENT: JSON.stringify(present),
      OPENAI_API_KEY: 'sk-brand-new',
      DEPLOY_PAUSE: '0',
      DEPLOY_LIMIT: '1',
      HEALTH_LIMIT: '0',
      ...env,
    },
  });
  const read = (name: string) => {
    try {
      return readFileSync(join(state, name), 'utf8');
    } catch {
      return '';
    }
  };
  const calls = read('calls').split('\n').filter(Boolean);
  return {
    status,
    out: stdout + stderr,
    calls,
    updates: calls.filter((call) => call.startsWith('doctl apps update')).length,
    sent: (number: number) => JSON.parse(read(`sent-${number}`)),
  };
}

it('tests, checks, builds, pushes, deploys by digest, waits, looks and tries, one line each', () => {
  const { status, out, calls, sent } = deploy();
  expect(out).toMatch(/^Deployed 0123456789ab after \d+ s: sha256:a{64}\n$/m);
  expect(status).toBe(0);
  const steps = [...out.matchAll(/^ok {6}([a-z ]+?) {2,}\d+s/gm)].map(([, name]) => name);
  expect(steps).toEqual([
    'commit',
    'tests',
    'app as it is',
    'specification',
    'address',
    'image',
    'push',
    'deploy',
    'wait',
    'health',
    'smoke test',
  ]);
  expect(calls.map((call) => call.split(' ').slice(0, 3).join(' '))).toEqual(
    expect.arrayContaining(['npm test', 'doctl apps spec', 'docker build --platform', 'doctl apps update']),
  );
  const [web] = sent(1).services;
  expect(web.image).toEqual({ registry_type: 'DOCR', repository: 'blog-poster', digest });
  const envs = Object.fromEntries(web.envs.map(({ key, value }: { key: string; value: string }) => [key, value]));
  expect(envs).toMatchObject({
    APP_SECRET: secret,
    OPENAI_API_KEY: 'sk-brand-new',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the platform fills it in
    DATABASE_URL: '${db.DATABASE_URL}',
  });
  // A secret that nobody has set is not sent as an empty one.
  expect(Object.keys(envs)).not.toContain('SENTRY_DSN');
});

it('changes nothing when it is dry', () => {
  const { status, out, calls } = deploy({}, ['--dry-run']);
  expect(status).toBe(0);
  expect(out).toContain('Nothing was changed (--dry-run).');
  expect(out.match(/^would /gm)).toHaveLength(6);
  expect(calls.filter((call) => /docker|update|curl/.test(call))).toEqual([]);
});

it('leaves the tests to whoever has run them', () => {
  const { status, calls } = deploy({}, ['--skip-tests']);
  expect(status).toBe(0);
  expect(calls.filter((call) => call.startsWith('npm'))).toEqual([]);
});

describe('a failure before anything is active needs nothing taken back', () => {
  it.each<[string, Record<string, string>, number]>([
    ['commit', { FAIL: 'git-diff' }, 0],
    ['commit', { FAIL: 'git-rev-parse' }, 0],
    ['tests', { FAIL: 'npm-test' }, 0],
    ['app as it is', { FAIL: 'doctl-spec-get' }, 0],
    ['app as it is', { PRESENT: 'name: blog-poster' }, 0],
    ['app as it is', { FAIL: 'doctl-get' }, 0],
    ['specification', { FAIL: 'doctl-spec-validate' }, 0],
    ['specification', { PRESENT: '{}' }, 0],
    ['address', { INGRESS: '' }, 0],
    ['image', { FAIL: 'docker-build' }, 0],
    ['push', { FAIL: 'docker-push' }, 0],
    ['push', { DIGEST: 'sha256:short' }, 0],
    ['push', { FAIL: 'docker-inspect' }, 0],
    ['deploy', { FAIL: 'doctl-list-deployments' }, 0],
    ['deploy', { FAIL: 'doctl-update' }, 1],
    ['wait', { PHASES: 'ERROR' }, 1],
    ['wait', { PHASES: 'CANCELED' }, 1],
    ['wait', { PHASES: 'SUPERSEDED' }, 1],
  ])('at %s (%o)', (name, env, updates) => {
    const ended = deploy(env);
    expect(ended.out).toMatch(new RegExp(`^FAILED  ${name} `, 'm'));
    expect(ended.out).toMatch(/Not deployed after \d+ s: the version from before serves, nothing to take back\.\n$/);
    expect(ended.status).toBe(1);
    expect(ended.updates).toBe(updates);
    // What went wrong is shown.
    expect(ended.out.split(`FAILED  ${name}`)[1]).toMatch(/\n {8}\S/);
  });
});

describe('a failure of what may be active is taken back to the digest from before', () => {
  it.each<[string, Record<string, string>]>([
    ['deploy', { NOTHING_BEGINS: 'yes' }],
    ['wait', { PHASES: 'DEPLOYING ACTIVE' }],
    ['health', { HEALTH: 'unhealthy healthy' }],
    ['smoke test', { FAIL: 'smoke' }],
  ])('at %s', (name, env) => {
    const ended = deploy(env);
    expect(ended.out).toMatch(new RegExp(`^FAILED  ${name} `, 'm'));
    expect(ended.updates).toBe(2);
    expect(ended.sent(2)).toEqual(present);
    if (env.NOTHING_BEGINS) {
      expect(ended.out).toContain('NOT TAKEN BACK');
      expect(ended.status).toBe(3);
    } else {
      expect(ended.out).toMatch(new RegExp(`^Taken back after \\d+ s: ${before} serves again\\.$`, 'm'));
      expect(ended.status).toBe(1);
    }
  });

  it.each<[string, Record<string, string>]>([
    ['the old version does not start', { HEALTH: 'unhealthy healthy', PHASES: 'ACTIVE ERROR' }],
    ['the old version is not well either', { HEALTH: 'unhealthy unhealthy' }],
    ['doctl cannot say how it is', { HEALTH: 'unhealthy healthy', FAIL: 'get-back' }],
    [
      'there is no image from before',
      { FAIL: 'smoke', PRESENT: JSON.stringify({ services: [{ ...present.services[0], image: {} }] }) },
    ],
  ])('unless %s: status 3, and says to look', (_, env) => {
    const ended = deploy(env);
    expect(ended.out).toMatch(/NOT TAKEN BACK/);
    expect(ended.status).toBe(3);
  });
});

it('goes on when the platform does not answer for a moment', () => {
  const ended = deploy({ FAIL: 'doctl-get-deployment', DEPLOY_LIMIT: '60' });
  expect(ended.out).toMatch(/doctl cannot say how deployment deployment-1 is/);
  expect(ended.status).toBe(3);
});

it('prints no secret, whatever fails', () => {
  for (const FAIL of ['doctl-spec-get', 'docker-push', 'doctl-update']) {
    const { out } = deploy({ FAIL });
    expect(out).toContain('went wrong');
    expect(out).not.toMatch(/0123abc|hunter2|1:no:one|sk-brand-new|c2VjcmV0/);
  }
});

it.each([
  ['an unknown option', {}, ['--force'], 'unknown: --force'],
  ['no app', { APP_ID: '' }, [], 'APP_ID is not set'],
  ['no registry', { REGISTRY: '' }, [], 'REGISTRY is not set'],
  ['a specification that is not there', { APP_SPEC: 'deploy/none.yaml' }, [], 'does not exist'],
])('ends with status 2 for %s', (_, env, args, said) => {
  const ended = deploy(env as Record<string, string>, args);
  expect(ended.status).toBe(2);
  expect(ended.out).toContain(said);
  expect(ended.calls).toEqual([]);
});

describe('filling the specification', () => {
  const spec = {
    name: 'x',
    services: [
      {
        name: 'web',
        image: {},
        envs: [
          { key: 'APP_SECRET', type: 'SECRET' },
          { key: 'A', value: '1' },
        ],
      },
    ],
    jobs: [{ name: 'migrate', image: {}, envs: [{ key: 'APP_SECRET', type: 'SECRET' }] }],
  };

  it('gives every component the digest and the secret, the new one before the encrypted one', () => {
    const { spec: filled, missing } = fillSpec(spec, present, digest, { APP_SECRET: 'from outside' });
    expect(missing).toEqual([]);
    expect(filled.jobs?.[0]).toEqual({
      name: 'migrate',
      image: { digest },
      envs: [{ key: 'APP_SECRET', type: 'SECRET', value: 'from outside' }],
    });
    expect(filled.services?.[0]?.envs?.[1]).toEqual({ key: 'A', value: '1' });
  });

  it('names what the app cannot be without, and takes no plain value of the app for an encrypted one', () => {
    const plain = { services: [{ name: 'web', envs: [{ key: 'APP_SECRET', value: 'plain', type: 'SECRET' }] }] };
    expect(fillSpec(spec, plain, digest, {}).missing).toEqual(['APP_SECRET']);
    expect(fillSpec(spec, null, digest, { APP_SECRET: ' ' }).missing).toEqual(['APP_SECRET']);
  });
});
