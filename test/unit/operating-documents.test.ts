import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { createProgram } from '../../src/cli/program.ts';
import { rules } from '../../src/monitoring/rules.ts';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The headings of a document as the addresses of its parts. */
const anchorsOf = (markdown: string) =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    (title ?? '')
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

const program = createProgram({ stdout: process.stdout, stderr: process.stderr } as unknown as Io, () => undefined);

/** The commands of ours in a document: what stands in its code after the name of the program, up to what ends a command. */
function commandsIn(markdown: string): string[] {
  const fenced = [...markdown.matchAll(/^ *```(?:sh|text)?\n([\s\S]*?)^ *```/gm)].flatMap(
    ([, code]) => code?.split('\n') ?? [],
  );
  const inline = [...markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code]) => code ?? '',
  );
  return [...fenced, ...inline].flatMap((code) =>
    [...code.matchAll(/(?:^|(?<!-u)[\s(])(?:blog-poster|npm run -s bp --) ([a-z-][^|;&#`)]*)/g)].map(([, command]) =>
      (command ?? '').trim(),
    ),
  );
}

/** What is wrong with a command line; null when there is such a command with such options. */
function mistakeIn(line: string): string | null {
  const words = line.split(/\s+/);
  let command: Command = program;
  while (command.commands.length > 0) {
    const word = words.shift();
    if (command === program && word?.startsWith('--')) return /^--(version|help)$/.test(word) ? null : word;
    const next = command.commands.find((one) => one.name() === word);
    if (!next) return `there is no command "${word}"`;
    command = next;
  }
  const options = new Set(['--help', ...command.options.flatMap(({ long, short }) => [long, short])]);
  const unknown = words.filter((word) => /^--?[a-z]/.test(word)).find((word) => !options.has(word.split('=')[0] ?? ''));
  return unknown ? `has no option ${unknown}` : null;
}

describe('the documents', () => {
  it('name commands that there are, with options that they have', () => {
    const found = globSync('docs/*.md', { cwd: root }).flatMap((path) =>
      commandsIn(read(path)).map((line) => ({ path, line, mistake: mistakeIn(line) })),
    );
    expect(found.length).toBeGreaterThan(60);
    expect(found.filter(({ mistake }) => mistake !== null)).toEqual([]);
  });

  it.each([
    ['user remove someone@example.com', 'there is no command "remove"'],
    ['backup restore latest --force', 'has no option --force'],
    ['undo', 'there is no command "undo"'],
    ['backup restore ID --into-nonempty blogposter', null],
  ])('are looked at closely: %s', (line, mistake) => {
    expect(mistakeIn(line)).toBe(mistake);
  });
});

describe('docs/runbook.md', () => {
  const runbook = read('docs/runbook.md');
  const anchors = anchorsOf(runbook);

  it('has a part for each alert of the instance and of Prometheus', () => {
    const alerts = read('deploy/prometheus/alerts.yml');
    const named = [...alerts.matchAll(/runbook: docs\/[\w-]+\.md#([\w-]+)/g)].map(([, anchor]) => anchor ?? '');
    expect(named.length).toBe(alerts.match(/- alert: /g)?.length);
    expect([...named, ...rules.map(({ name }) => name)].filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });

  it('names each alert of Prometheus where it says what to do about it', () => {
    const alerts = [...read('deploy/prometheus/alerts.yml').matchAll(/- alert: (\w+)[\s\S]*?#([\w-]+)/g)];
    for (const [, alert, anchor] of alerts) expect(partOf(runbook, anchor ?? ''), anchor).toContain(alert ?? '');
  });

  it('names no alert that there is not', () => {
    const there = read('deploy/prometheus/alerts.yml');
    const named = runbook.match(/BlogPoster\w+/g) ?? [];
    expect(named.filter((alert) => !there.includes(`alert: ${alert}\n`))).toEqual([]);
  });

  it('says in each part how it is noticed, what to look at, what to do, when it is over and whom to tell', () => {
    const parts = runbook
      .split(/^## /m)
      .slice(1)
      .filter((part) => !/^(First|How to run|Who to tell|What was)/.test(part));
    expect(parts.length).toBeGreaterThan(20);
    for (const part of parts) {
      for (const word of ['Notice', 'Look', 'Do', 'Over', 'Tell']) {
        expect(part, part.split('\n')[0]).toContain(`**${word}`);
      }
    }
  });

  it('is led to from docs/monitoring.md for each alert', () => {
    const monitoring = read('docs/monitoring.md');
    for (const { name } of rules) expect(partOf(monitoring, name), name).toContain(`runbook.md#${name}`);
  });
});

/** What stands below a heading, up to the next one. */
function partOf(markdown: string, anchor: string): string {
  const parts = markdown.split(/^(?=#+ )/m);
  return parts.filter((part) => anchorsOf(part.split('\n')[0] ?? '')[0] === anchor).join('\n');
}

test('links between these documents lead to parts that there are', () => {
  const documents = ['runbook', 'retention', 'security', 'errors', 'monitoring'].map((name) => `docs/${name}.md`);
  for (const from of documents) {
    for (const [, file, anchor] of read(from).matchAll(/\]\(([\w-]+\.md)?#([\w-]+)\)/g)) {
      const to = file ? `docs/${file}` : from;
      expect(anchorsOf(read(to)), `${from} leads to ${to}#${anchor}`).toContain(anchor);
    }
  }
});
