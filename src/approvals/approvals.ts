import { and, asc, desc, eq, gte } from 'drizzle-orm';
import { readForGood } from '../articles/articles.ts';
import { articles } from '../articles/schema.ts';
import { newId } from '../db/id.ts';
import type { Db } from '../db/open.ts';
import type { Principal } from '../http/access.ts';
import type { GateFigures } from './gate-figures.ts';
import { type Approval, approvals, type Decision, type DecisionVia } from './schema.ts';

/** Whoever decides, as they are called at that time. */
export interface Decider {
  name: string;
  via: DecisionVia;
}

const vias: Partial<Record<Principal['via'], DecisionVia>> = {
  session: 'web',
  'access-token': 'api',
  'api-key': 'api_key',
  'command-line': 'command_line',
};

/** The person behind a request, as one who decides. */
export function deciderOf({ email, via }: Principal): Decider {
  return { name: email ?? 'local owner', via: vias[via] ?? 'unknown' };
}

/** A decider in words, as the receipt names them. */
export function nameOf({ name, via }: Decider): string {
  if (via === 'api_key') return `${name} (with an API key)`;
  return via === 'mail_link' ? `${name} (by the link of a mail)` : name;
}

/** Writes a decision down, in the transaction that carries it out. It is about the article as it is now. */
export async function recordDecision(
  tx: Db,
  made: {
    userId: string;
    articleId: string | null;
    pipelineId: string | null;
    decision: Decision;
    by: Decider;
    gates?: GateFigures | null;
  },
): Promise<Approval> {
  const { by, articleId, gates = null, ...columns } = made;
  const present = async () => {
    if (articleId === null) return undefined;
    const { id, revision } = articles;
    const [row] = await tx.select({ id, revision }).from(articles).where(eq(articles.id, articleId));
    return row;
  };
  const article = await readForGood(tx, present);
  const [row] = await tx
    .insert(approvals)
    .values({
      id: newId(),
      ...columns,
      articleId: article ? articleId : null,
      decidedBy: by.name,
      via: by.via,
      gates,
      revision: article?.revision ?? null,
    })
    .returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

/** The latest decision about what a pipeline wrote since then; null when there is none. */
export async function lastDecision(db: Db, pipelineId: string, since: Date): Promise<Approval | null> {
  const [row] = await db
    .select()
    .from(approvals)
    .where(and(eq(approvals.pipelineId, pipelineId), gte(approvals.decidedAt, since)))
    .orderBy(desc(approvals.decidedAt), desc(approvals.id))
    .limit(1);
  return row ?? null;
}

/** Every decision about an article or a pipeline of a user, oldest first. */
export async function listDecisions(
  db: Db,
  userId: string,
  about: { articleId: string } | { pipelineId: string },
): Promise<Approval[]> {
  const same =
    'articleId' in about ? eq(approvals.articleId, about.articleId) : eq(approvals.pipelineId, about.pipelineId);
  return db
    .select()
    .from(approvals)
    .where(and(eq(approvals.userId, userId), same))
    .orderBy(asc(approvals.decidedAt), asc(approvals.id));
}
