import type { ArticleSummary, Pipeline, Publication } from '@/api/client/types.gen.ts';
import { t } from '@/strings.ts';
import { Badge, type Tone } from './ui/badge.tsx';
import { waitingWords } from './waiting-words.ts';

const runTones: Record<Pipeline['status'], Tone> = {
  queued: 'neutral',
  running: 'accent',
  waiting: 'warning',
  succeeded: 'success',
  failed: 'danger',
  cancelled: 'neutral',
};

/** How a run stands; a wait names what it waits for. */
export function RunBadge({ run }: { run: Pick<Pipeline, 'status' | 'waiting'> }) {
  const label = run.status === 'waiting' && run.waiting ? waitingWords(run.waiting).badge : t.runStatus[run.status];
  return (
    <Badge tone={runTones[run.status]}>
      {run.status === 'running' && (
        <span aria-hidden="true" className="size-1.5 animate-breathe rounded-full bg-accent" />
      )}
      {label}
    </Badge>
  );
}

const articleTones: Record<ArticleSummary['status'], Tone> = {
  draft: 'neutral',
  ready: 'accent',
  approved: 'accent',
  published: 'success',
};

/** How far an article is. */
export function ArticleBadge({ status }: { status: ArticleSummary['status'] }) {
  return <Badge tone={articleTones[status]}>{t.articleStatus[status]}</Badge>;
}

const publicationTones: Record<Publication['status'], Tone> = {
  queued: 'neutral',
  scheduled: 'accent',
  publishing: 'accent',
  published: 'success',
  conflict: 'warning',
  failed: 'danger',
  unpublished: 'neutral',
  cancelled: 'neutral',
};

/** How a publication stands. */
export function PublicationBadge({ publication }: { publication: Pick<Publication, 'status' | 'wanted'> }) {
  const { status, wanted } = publication;
  const label =
    status === 'published' && wanted === 'draft' ? t.publicationStatus.delivered : t.publicationStatus[status];
  return <Badge tone={publicationTones[status]}>{label}</Badge>;
}

/** The score of an article for search, 0-100. */
export function scoreTone(score: number): Tone {
  return score >= 80 ? 'success' : score >= 50 ? 'warning' : 'danger';
}
