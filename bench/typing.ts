import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fetchAs } from '../test/account.ts';
import { runProgram, servedAt } from '../test/program.ts';
import { devtoolsOf, launchBrowser, logIn } from './support/browser.ts';
import { figure, type Measure, repeat } from './support/measure.ts';
import { entries, serverEnv, stopped } from './support/program.ts';

/** 5,000 words in 50 sections, with lists, a table and a citation in each paragraph. */
export const longArticle = `${Array.from({ length: 50 }, (_, index) =>
  [
    `## Section ${index + 1}`,
    `${'Dough rises by itself when it is left alone in a warm place. '.repeat(5)}It is **slow** and *patient*.[^${index + 1}]`,
    '- A point with a few words in it\n- Another point with a [link](https://example.com) in it',
    `${'Whoever waits is given bread that keeps for many days. '.repeat(2)}`.trim(),
  ].join('\n\n'),
).join('\n\n')}\n\n${Array.from({ length: 50 }, (_, index) => `[^${index + 1}]: Source ${index + 1}.`).join('\n\n')}\n`;

/**
 * What a key costs the page in an article of 5,000 words: processor time of its main thread for everything that the key sets
 * off, drawing and saving included. The baseline is the same HTML in the same page as bare editable text.
 */
export const typing: Measure = async ({ quick }) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bp-bench-'));
  const program = runProgram(entries.sources, [], { ...serverEnv, DATA_DIR: dataDir, SAMPLE_ARTICLE: 'false' });
  const browser = await launchBrowser();
  try {
    const url = await servedAt(program);
    const answer = await fetchAs(`${url}/api/v1/articles`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'A long article', markdown: longArticle }),
    });
    const { id } = (await answer.json()) as { id: string };
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await logIn(page, url);
    await page.goto(`${url}/articles/${id}?edit=text`);
    const text = page.getByRole('textbox', { name: 'Text of the article' });
    await text.waitFor();
    const devtools = await devtoolsOf(page);
    // Processor time, not the clock: what else the machine does is no part of it.
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const spent = async () => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000;
    };
    const letters = 30;
    const rounds = () =>
      repeat(quick ? 1 : 7, async () => {
        const before = await spent();
        for (let letter = 0; letter < letters; letter += 1) {
          await page.keyboard.type(letter % 6 === 5 ? ' ' : 'e');
          await pause(60);
        }
        return ((await spent()) - before) / letters;
      });
    await text.locator('p').nth(40).click();
    const editor = await rounds();
    // The same elements without the editor: a copy in its place, typed into by the browser alone.
    await page.evaluate(`(() => {
      const copy = document.querySelector('.article-editor').cloneNode(true);
      copy.id = 'bare';
      document.querySelector('.article-editor').replaceWith(copy);
    })()`);
    await page.locator('#bare p').nth(40).click();
    const values = await rounds();
    if (!(await page.locator('#bare').textContent())?.includes('eeeee eeeee eeeee'))
      throw new Error('nothing was typed');
    return {
      figures: [
        figure('a key in an article of 5,000 words', 'ms', editor, {
          baseline: { what: 'bare editable text', values },
          aim: 16,
        }),
      ],
      notMeasured: [],
    };
  } finally {
    await browser.close();
    await stopped(program);
    rmSync(dataDir, { recursive: true, force: true });
  }
};
