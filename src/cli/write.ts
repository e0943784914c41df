import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { articleSchema } from '../articles/present.ts';
import { AppError } from '../errors.ts';
import type { BriefRequest } from '../pipeline/brief.ts';
import { type PipelineAnswer, pipelineSchema } from '../pipeline/present.ts';
import { receiptSchema } from '../pipeline/receipt.ts';
import { type Io, print } from './io.ts';
import { createProgress, type Progress } from './progress.ts';
import { awaitPublication, describePublication, type PublicationAnswer } from './publication.ts';
import { formatUsd, reportLines } from './report.ts';
import { openSession, type Session } from './session.ts';
import { findSite } from './site.ts';
import { readSourceFile } from './source-file.ts';

export interface WriteOptions {
  source: string[];
  sourceSite: string[];
  search?: boolean;
  account?: string;
  allow: string[];
  deny: string[];
  site?: string;
  publish?: 'draft' | 'publish';
  out?: string;
  keyword?: string;
  language?: string;
  audience?: string;
  voice?: string;
  words?: { min: number; max: number };
  duplicates?: 'stop' | 'allow';
  priority?: 'low' | 'normal' | 'high';
  budget?: number;
  model?: string;
  json?: boolean;
}

/** What a finished `write` answers with --json. */
interface Written {
  pipeline: PipelineAnswer;
  article: z.infer<typeof articleSchema> | null;
  receipt: z.infer<typeof receiptSchema>;
  publication: PublicationAnswer | null;
}

/**
 * Runs a pipeline from its brief to its end, showing progress on standard error, and prints the article and its
 * receipt. Returns the exit status: 0 when the article is there (and delivered, or waiting only for approval), else 1.
 */
export async function write(io: Io, topic: string, options: WriteOptions): Promise<number> {
  if (options.publish && !options.site) {
    throw new AppError('invalid_request', '--publish needs --site: which site shall it go to?', {
      hint: 'See the names with: site list',
    });
  }
  const sources = [
    ...options.source.map((source) => (/^https?:\/\//i.test(source) ? { url: source } : readSourceFile(source))),
    ...options.sourceSite.map((site) => ({ site })),
  ];
  const session = await openSession(io, { work: true, account: options.account });
  const progress = createProgress(io.stderr);
  let pipelineId: string | null = null;
  try {
    const siteId = options.site ? (await findSite(session.api, options.site)).id : undefined;
    const accepted = await session.api.request(
      'POST',
      '/pipelines',
      pipelineSchema,
      brief(topic, sources, siteId, options),
    );
    pipelineId = accepted.id;
    if (session.webUrl) progress.line(`watch it on ${session.webUrl}/pipelines/${pipelineId}`);
    await follow(session, pipelineId, progress);
    const written = await collect(session, pipelineId, progress);
    progress.end();
    return finish(io, session, written, options);
  } catch (error) {
    progress.end();
    if (io.signal.aborted && pipelineId) io.stderr.write(farewell(session, pipelineId));
    throw error;
  } finally {
    await session.close();
  }
}

function brief(
  topic: string,
  sources: BriefRequest['sources'],
  siteId: string | undefined,
  options: WriteOptions,
): BriefRequest {
  const { keyword, language, audience, voice, words, duplicates, priority, model, budget, allow, deny } = options;
  const search = options.search === true || allow.length + deny.length > 0;
  const given = { keyword, language, audience, voice, words, duplicates, priority, model };
  return {
    topic,
    sources,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...(search ? { search: { also: options.search === true, allow, deny } } : {}),
    ...(budget === undefined ? {} : { budgetMicroUsd: Math.round(budget * 1_000_000) }),
    // Whoever names a site wants the article there; public it becomes only when that is said.
    ...(siteId ? { siteId, publish: options.publish ?? 'draft' } : {}),
  };
}

const stepNames = z.object({ name: z.string(), status: z.string(), attempt: z.number() });
const waitingLog = z.object({
  waiting: z.object({ reason: z.string(), until: z.string(), message: z.string().optional() }),
});

/** Shows the events of a pipeline until it has ended or waits for a decision. */
async function follow(session: Session, pipelineId: string, progress: Progress): Promise<void> {
  for await (const { type, data } of session.api.events(`/pipelines/${pipelineId}/events`)) {
    if (type === 'step') {
      const { name, status, attempt } = stepNames.parse(data);
      if (status === 'running') progress.step(attempt > 1 ? `${name} (attempt ${attempt})` : name);
    } else if (type === 'progress' && typeof data.progress === 'number') {
      progress.at(data.progress);
    } else if (type === 'log') {
      const wait = waitingLog.safeParse(data);
      if (wait.success)
        progress.line(
          `tries again at ${wait.data.waiting.until}: ${wait.data.waiting.message ?? wait.data.waiting.reason}`,
        );
      else if (typeof data.message === 'string') progress.line(data.message);
    }
  }
}

async function collect(session: Session, pipelineId: string, progress: Progress): Promise<Written> {
  const { api } = session;
  const pipeline = await api.request('GET', `/pipelines/${pipelineId}`, pipelineSchema);
  const receipt = await api.request('GET', `/pipelines/${pipelineId}/receipt`, receiptSchema);
  const { articleId, siteId } = pipeline;
  const article = articleId ? await api.request('GET', `/articles/${articleId}`, articleSchema) : null;
  const delivered = pipeline.status === 'succeeded' && articleId !== null && siteId !== null;
  const publication = delivered ? await awaitPublication(api, articleId, siteId, progress) : null;
  return { pipeline, article, receipt, publication };
}

function finish(io: Io, session: Session, written: Written, options: WriteOptions): number {
  const { pipeline, article, receipt, publication } = written;
  const trouble = troubleOf(written);
  if (article && options.out) writeFileSync(options.out, article.markdown);
  print(io, options.json, written, () => [
    ...(article && !options.out ? [article.markdown.trimEnd(), '', '---', ''] : []),
    ...(article
      ? reportLines(article, receipt, publication?.remoteUrl ?? addressOf(session, article.id))
      : [`No article came of it; it cost ${formatUsd(pipeline.costMicroUsd)}.`]),
    ...(article && options.out ? [`written   ${options.out}`] : []),
    ...(publication ? [`site      ${describePublication(publication)}`] : []),
  ]);
  for (const line of trouble.lines) io.stderr.write(`${line}\n`);
  return trouble.status;
}

function addressOf(session: Session, articleId: string): string | null {
  return session.webUrl ? `${session.webUrl}/articles/${articleId}` : null;
}

/** What keeps the result from being what was asked for, with what to do about it. */
function troubleOf({ pipeline, publication }: Written): { status: number; lines: string[] } {
  if (publication?.error) return { status: 1, lines: [publication.error.message, publication.error.hint] };
  if (pipeline.status === 'succeeded') return { status: 0, lines: [] };
  if (pipeline.error) return { status: 1, lines: [pipeline.error.message, pipeline.error.hint] };
  const say = pipeline.waiting?.message;
  switch (pipeline.waiting?.reason) {
    case 'approval':
      return { status: 0, lines: ['It goes public when you approve it: open the article in the web app (npm start).'] };
    case 'duplicate':
      return {
        status: 1,
        lines: [say ?? 'A very similar article exists already.', 'To write it all the same: --duplicates allow'],
      };
    case 'budget_exceeded':
      return {
        status: 1,
        lines: [
          say ?? 'The budget of this pipeline is used up.',
          pipeline.waiting.cap === 'pipeline'
            ? 'To allow more: --budget USD'
            : 'What is finished is kept: a running server goes on by itself when there is money again.',
        ],
      };
    default:
      return { status: 1, lines: [`The pipeline is ${pipeline.status}.`] };
  }
}

/** Said when the user leaves: nothing is cancelled behind their back. */
function farewell(session: Session, pipelineId: string): string {
  return session.kind === 'server'
    ? `The server goes on writing; watch or cancel it on ${session.webUrl}/pipelines/${pipelineId}\n`
    : `Pipeline ${pipelineId} is kept and goes on where it stopped at the next start (npm start, or another write).\n`;
}
