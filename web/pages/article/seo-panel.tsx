import { ArrowRight, Check, TriangleAlert } from 'lucide-react';
import type { Article } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { Notice } from '@/components/notice.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { scoreTone } from '@/components/status-badge.tsx';
import { t } from '@/strings.ts';
import { assistWords } from '@/strings-assist.ts';
import { editedWords } from '@/strings-edited.ts';
import { useLiveCheck } from './assist/check-context.ts';
import { LinkSuggestions } from './assist/link-suggestions.tsx';
import { type Place, showPlace } from './assist/show-place.ts';
import { useOpenSession } from './editor/editing-context.ts';

const words = assistWords.seo;

const inks = { success: 'text-success', warning: 'text-warning', danger: 'text-danger', neutral: '', accent: '' };

/** The score for search, what makes it up, and how the article will look among search results. */
export function SeoPanel({ article, onShowText }: { article: Article; onShowText: (() => void) | undefined }) {
  const session = useOpenSession();
  const live = useLiveCheck();
  const seo: Report | null = live?.check?.seo ?? article.seo;
  // While one edits, the fields above show it as it becomes.
  const editing = session !== null;
  const go = (place: Place) => {
    if (!session || !live) return;
    const isInText = !('field' in place) || place.field === 'title';
    if (isInText) onShowText?.();
    // The text is shown first, where it was behind the panel.
    requestAnimationFrame(() => showPlace(session, live.markdown, place));
  };
  const failed = seo?.checks.filter((check) => !check.passed) ?? [];
  const passed = seo?.checks.filter((check) => check.passed) ?? [];
  return (
    <div className="grid grid-cols-1 gap-5 p-4">
      {!editing && <SearchPreview article={article} />}
      {!editing && <Stale stale={article.stale} />}
      {!seo && <EmptyState title={t.seo.empty}>{t.seo.emptyHint}</EmptyState>}
      {seo && (
        <div className="flex items-center gap-4">
          <ScoreRing score={seo.score} />
          <div>
            <p className="font-semibold">{t.seo.score(seo.score)}</p>
            <p className="text-sm text-muted-foreground">{t.seo.passed(passed.length, seo.checks.length)}</p>
            {live && (
              <p className="text-sm text-muted-foreground">
                {live.failed ? words.unreachable : live.fresh ? words.live : words.checking}
              </p>
            )}
          </div>
        </div>
      )}
      {failed.length > 0 && (
        <section>
          <h3 className="mb-1.5 text-sm font-semibold">{t.seo.toDo}</h3>
          <ul className="grid gap-3">
            {failed.map((check) => (
              <li key={check.name}>
                <FailedCheck check={check} onGo={editing && check.at ? go : undefined} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {editing && <LinkSuggestions onShowText={onShowText} />}
      {passed.length > 0 && (
        <section>
          <h3 className="mb-1.5 text-sm font-semibold">{t.seo.done}</h3>
          <ul className="grid gap-1.5">
            {passed.map((check) => (
              <li key={check.name} className="flex gap-2.5 text-sm">
                <Check aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-success" />
                <span className="text-muted-foreground">
                  <ServerText>{check.message}</ServerText>
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

interface Report {
  score: number;
  checks: { name: string; passed: boolean; message: string; hint: string; at?: Place | null }[];
}

/** What is to be mended; where one can go there, a button. */
function FailedCheck({ check, onGo }: { check: Report['checks'][number]; onGo: ((place: Place) => void) | undefined }) {
  const { at } = check;
  const text = (
    <>
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning" />
      <span className="min-w-0">
        <span className="block font-medium">
          <ServerText>{check.message}</ServerText>
        </span>
        <span className="block text-muted-foreground">
          <ServerText>{check.hint}</ServerText>
        </span>
      </span>
    </>
  );
  if (!onGo || !at) return <div className="flex gap-2.5 text-sm">{text}</div>;
  return (
    <button
      type="button"
      onClick={() => onGo(at)}
      className="-mx-2 flex w-[calc(100%+1rem)] gap-2.5 rounded-lg px-2 py-1.5 text-left text-sm transition-colors hover:bg-muted"
    >
      {text}
      <ArrowRight aria-hidden="true" className="mt-0.5 ml-auto size-4 shrink-0 text-muted-foreground" />
    </button>
  );
}

/** Texts around the article that speak of what an edit has taken out of it. */
function Stale({ stale }: { stale: Article['stale'] }) {
  if (stale.length === 0) return null;
  return (
    <Notice tone="warning" title={editedWords.stale.title}>
      <ul className="grid gap-1">
        {stale.map(({ field, gone }) => (
          <li key={field}>
            {editedWords.stale.fields[field]}:{' '}
            {editedWords.stale.gone(gone.map((word) => t.common.quote(word)).join(', '))}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function ScoreRing({ score }: { score: number }) {
  const radius = 21;
  const around = 2 * Math.PI * radius;
  return (
    <svg viewBox="0 0 48 48" aria-hidden="true" className={`size-13 -rotate-90 ${inks[scoreTone(score)]}`}>
      <circle cx="24" cy="24" r={radius} fill="none" strokeWidth="5" className="stroke-muted" />
      <circle
        cx="24"
        cy="24"
        r={radius}
        fill="none"
        stroke="currentColor"
        strokeWidth="5"
        strokeLinecap="round"
        strokeDasharray={`${(around * score) / 100} ${around}`}
        className="transition-[stroke-dasharray] duration-500 motion-reduce:transition-none"
      />
    </svg>
  );
}

function SearchPreview({ article }: { article: Article }) {
  return (
    <section>
      <h3 className="mb-1.5 text-sm font-semibold">{t.seo.preview}</h3>
      <div className="rounded-lg border border-border bg-background p-3.5" dir="auto">
        <p className="truncate text-sm text-muted-foreground">
          {t.seo.yourSite} › {article.slug}
        </p>
        <p className="mt-0.5 line-clamp-1 text-lg text-accent">{article.metaTitle || article.title}</p>
        <p className="mt-0.5 line-clamp-2 text-sm text-muted-foreground">
          {article.metaDescription || article.excerpt || t.seo.noDescription}
        </p>
      </div>
      {article.keyword && <p className="mt-2 text-sm text-muted-foreground">{t.seo.keyword(article.keyword)}</p>}
    </section>
  );
}
