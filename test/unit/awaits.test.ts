import { describe, expect, test } from 'vitest';
import { instrument, productFiles, sitesOf } from '../awaits/instrument.ts';
import { exempt, isOf, rooms } from '../services/crash-exempt.ts';

const file = 'src/example.ts';
const names = (code: string) => instrument(code, file).sites.map((site) => site.replace(`${file} › `, ''));

describe('places where code waits', () => {
  test('are found wherever they stand, each with a name that says where', () => {
    const code = `
      async function outer(list) {
        const [a, b] = await Promise.all([first(), await second()]);
        for await (const item of read(list)) await use(item);
        const inner = async () => (await deep(await deeper()));
        return { run: async () => { await deep(1); await deep(1); }, async work() { yieldTo(await work()); } };
      }
    `;
    expect(names(code)).toEqual([
      'outer: await Promise.all([first(), await second()])',
      'outer: handed over first()',
      'outer: handed over await second()',
      'outer: await second()',
      'outer: read(list)',
      'outer: await use(item)',
      'outer.inner: await deep(await deeper())',
      'outer.inner: await deeper()',
      'outer.run: await deep(1)',
      'outer.run: await deep(1) #2',
      'outer.work: await work()',
    ]);
  });

  test('report themselves and change nothing else, on the lines where they stood', () => {
    const code = 'async function f() {\n  return (await a(await b())).c + (await d);\n}';
    const { code: made } = instrument(code, file);
    expect(made.split('\n')).toHaveLength(3);
    expect(made.replaceAll(/"src[^"]*"/g, 'S')).toContain(
      '((await __awaits.before(S), await __awaits.after(S, a((await __awaits.before(S), await __awaits.after(S, b())))))).c',
    );
  });

  test('have timers that end with whoever set them', () => {
    expect(instrument('setTimeout(() => clearTimeout(setInterval(look, 5)), 1);', file).code).toBe(
      '__awaits.setTimeout(() => clearTimeout(__awaits.setInterval(look, 5)), 1);',
    );
  });

  test('of a kind that has no hook yet are refused', () => {
    expect(() => instrument('async function f() { await using x = open(); }', file)).toThrow(/await using/);
  });
});

test('what is exempt from the crash test is there, with a reason', () => {
  const sites = productFiles()
    .filter((path) => rooms.some((room) => path.startsWith(`src/${room}/`)))
    .flatMap(sitesOf);
  expect(exempt.filter(({ of }) => !sites.some((site) => isOf(site, of))).map(({ of }) => of)).toEqual([]);
  expect(exempt.filter(({ why }) => why.length < 20)).toEqual([]);
});
