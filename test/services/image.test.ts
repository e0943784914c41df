import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createScratchDatabase, type ScratchDatabase } from '../database.ts';
import { readCopy, readDockerfile } from '../dockerfile.ts';

/*
 * The image as far as it can be had without Docker: the files that its last stage copies, put up in a root file system that
 * is read-only but for the volumes, run as the user of the image. In the place of the Debian image stands the /usr of this
 * machine. Needs root on Linux, as the tests of file systems do.
 */

const server = process.env.TEST_DATABASE_URL;
if (!server)
  throw new Error('TEST_DATABASE_URL is not set: see test/services/compose.yaml for servers to test against.');
const root = fileURLToPath(new URL('../../', import.meta.url));
const last = readDockerfile(join(root, 'deploy/Dockerfile')).at(-1);
const value = (name: string) => last?.instructions.find((one) => one.name === name)?.value ?? '';
const imageEnv = Object.fromEntries(
  value('ENV')
    .matchAll(/(\w+)=(\S+)/g)
    .map(([, name, text]) => [name, text]),
);

/** What the image holds beside its base: path in the image -> what stands for it. */
let files: string;
let database: ScratchDatabase;

beforeAll(async () => {
  files = mkdtempSync(join(tmpdir(), 'bp-image-'));
  chmodSync(files, 0o755);
  const built = spawnSync(process.execPath, ['scripts/bundle.ts'], { cwd: root, encoding: 'utf8' });
  expect(built.status, built.stderr).toBe(0);
  installPackages();
  for (const copy of last?.instructions.filter(({ name }) => name === 'COPY').map(readCopy) ?? []) {
    if (copy.stage === 'tools') continue;
    for (const source of copy.sources)
      put(copy.stage === 'build' ? fromBuild(source) : join(root, source), copy.target);
  }
  database = await createScratchDatabase(server);
}, 240_000);
afterAll(async () => {
  rmSync(files, { recursive: true, force: true });
  rmSync(join(root, 'dist/node_modules'), { recursive: true, force: true });
  await database.drop();
});

/** Where this machine has what the stage `build` makes. */
function fromBuild(path: string): string {
  if (path.endsWith('/node')) return process.execPath;
  return path.replace(/^\/build\//, root);
}

function put(from: string, to: string): void {
  mkdirSync(dirname(join(files, to)), { recursive: true });
  cpSync(from, join(files, to), { recursive: true });
}

/** What `npm ci` installs from the lockfile of the bundle, taken from the packages that are here. */
function installPackages(): void {
  const { packages } = JSON.parse(readFileSync(join(root, 'dist/package-lock.json'), 'utf8'));
  for (const path of Object.keys(packages).filter(Boolean)) {
    if (existsSync(join(root, path))) {
      cpSync(join(root, path), join(root, 'dist', path), { recursive: true, dereference: true });
    } else expect(packages[path], `${path} is not installed`).toMatchObject({ optional: true });
  }
}

/** Runs a command in the image: a read-only root, /data and /tmp to write to, the user of the image, nothing else. */
function inImage(command: string, env: Record<string, string>) {
  const [uid, gid] = value('USER').split(':');
  const variables = Object.entries({ ...imageEnv, ...env })
    .map(([name, text]) => `${name}='${text}'`)
    .join(' ');
  const volumes = JSON.parse(value('VOLUME')) as string[];
  const script = `set -e
r=$(mktemp -d)
mount -t tmpfs -o mode=755 none $r
mkdir -p $r/usr $r/etc $r/app $r/proc $r/dev $r/here ${volumes.map((path) => `$r${path}`).join(' ')}
mount --bind /usr $r/usr && mount -o remount,bind,ro $r/usr
for d in bin lib lib64; do [ -L /$d ] && cp -P /$d $r/$d || { [ ! -d /$d ] || { mkdir $r/$d; mount --bind /$d $r/$d; }; }; done
cp /etc/hosts /etc/resolv.conf /etc/nsswitch.conf /etc/passwd $r/etc/ 2>/dev/null || true
mount --bind ${files} $r/here && mount -o remount,bind,ro $r/here
mount --bind ${files}/app $r/app && mount -o remount,bind,ro $r/app
mount -t proc none $r/proc
mount --rbind /dev $r/dev
${volumes.map((path) => `mount -t tmpfs -o mode=1777 none $r${path}`).join('\n')}
mount -o remount,ro $r
exec chroot $r /usr/bin/env -i ${variables} PATH=/here/usr/local/bin:/usr/bin:/bin /usr/bin/setpriv --reuid=${uid} --regid=${gid} --clear-groups --no-new-privs -- ${command}`;
  return spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function output(command: string, env: Record<string, string>): Promise<{ status: number | null; text: string }> {
  const child = inImage(command, env);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, text };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

it('migrates, is healthy, passes the smoke test and stops, as nobody on a read-only root', async ({
  onTestFinished,
}) => {
  const env = {
    DATABASE_URL: database.url,
    APP_SECRET: randomBytes(24).toString('hex'),
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    LOG_LEVEL: 'warn',
  };
  const who = await output('sh -c "id -u; touch /app/x /x 2>&1; touch /data/x /tmp/x && echo written"', env);
  expect(who.text).toMatch(
    /^10001\n[\s\S]*'\/app\/x': Read-only file system[\s\S]*'\/x': Read-only file system\nwritten\n$/,
  );
  // The command that the jobs of App Platform run.
  const migrated = await output('blog-poster migrate', env);
  expect(migrated.text).toContain('Applied 0001-first-article.');
  expect(migrated.status).toBe(0);

  const start = performance.now();
  const child = inImage((JSON.parse(value('CMD')) as string[]).join(' '), env);
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += chunk));
  const address = `http://127.0.0.1:${env.PORT}`;
  const alive = () =>
    fetch(`${address}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await alive()) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(
    `the image is healthy after ${Math.round(performance.now() - start)} ms (aim 3000; see npm run bench -- start-up)`,
  );
  expect(log).not.toContain('rror');
  // Exactly what the platform runs to see whether it is well.
  const check = JSON.parse(value('HEALTHCHECK').replace(/^.*?CMD /, '')) as string[];
  const [, ...args] = check;
  expect(spawnSync(process.execPath, args, { env: { PORT: env.PORT } }).status).toBe(0);
  expect(spawnSync(process.execPath, args, { env: { PORT: '1' } }).status).toBe(1);

  const smoke = await run(['deploy/smoke-test.ts', address]);
  expect(smoke.text).toMatch(
    /^ok {6}sign up .*\nok {6}write an article offline .*\nok {6}read it .*\nok {6}delete it .*\nok {6}delete the account /,
  );
  expect(smoke.status).toBe(0);
  const gone = await run(['deploy/smoke-test.ts', `http://127.0.0.1:${await freePort()}`]);
  expect(gone.text).toMatch(/^FAILED {2}sign up: fetch failed: .*ECONNREFUSED/);
  expect(gone.status).toBe(1);

  const stopped = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGTERM');
  expect(await stopped).toBe(0);
});

async function run(args: string[]): Promise<{ status: number | null; text: string }> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, text };
}

it('adds to its base what was reckoned with, and nothing of the tools that made it', () => {
  const [megabytes] = execFileSync('du', ['-sm', files], { encoding: 'utf8' }).split('\t');
  // 261 when it was packed, into 138: with a base of about 30 and libraries of about 15 under the 200 of the whole image.
  expect(Number(megabytes)).toBeLessThan(300);
  expect(statSync(join(files, 'usr/local/bin/blog-poster')).mode & 0o111).toBe(0o111);
  expect(existsSync(join(files, 'app/node_modules/vitest'))).toBe(false);
});
