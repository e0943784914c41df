import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
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
