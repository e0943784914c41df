import { useQuery } from '@tanstack/react-query';
import { ArrowUpRight, CircleCheck, CircleHelp, CircleX } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { listArticleClaimsOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Claim } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { assistWords } from '@/strings-assist.ts';
import { LoadProblem } from '../error-pages.tsx';
import { useLiveCheck } from './assist/check-context.ts';
import { useOpenSession } from './editor/editing-context.ts';
import { head, splitAtQuote, tail } from './find-sentence.ts';

interface ClaimsPanelProps {
  articleId: string;
  numbers: ReadonlyMap<string, number>;
  found: ReadonlySet<string>;
  selected: string | undefined;
  onSelect: (claimId: string | undefined) => void;
  /** Given where text and panel do not stand side by side. */
  onShowInText: ((claimId: string) => void) | undefined;
}

/** Every claim of the article with its verdict; a chosen one shows the quote inside the stored passage. */
export function ClaimsPanel({ articleId, numbers, found, selected, onSelect, onShowInText }: ClaimsPanelProps) {
  const live = useLiveCheck();
  const session = useOpenSession();
  const { data, isPending, error, refetch } = useQuery(listArticleClaimsOptions({ path: { id: articleId } }));
  if (isPending) return <SkeletonRows rows={6} />;
  if (error) return <LoadProblem problem={error} onRetry={refetch} />;
  const claims = data.items.map((claim) => {
    const standing = live?.check?.claims.find(({ id }) => id === claim.id);
    return { ...claim, state: standing?.state ?? claim.state, now: standing?.now ?? null };
  });
  if (claims.length === 0) return <EmptyState title={t.claims.empty}>{t.claims.emptyHint}</EmptyState>;
  const count = (verdict: Claim['verdict']) => claims.filter((claim) => claim.verdict === verdict).length;
  const standing = claims.filter(({ outcome }) => outcome !== 'removed');
  const changed = standing.filter(({ state }) => state === 'changed').length;
  const missing = standing.filter(({ state }) => state === 'missing').length;
  const toggle = (claim: StandingClaim) => {
    onSelect(claim.id === selected ? undefined : claim.id);
    // What was checked does not stand there any more: what it has become is shown.
    if (claim.id !== selected && claim.now !== null) session?.reveal(claim.now);
  };
  const verdicts = (['supported', 'unsupported', 'contradicted'] as const).filter((verdict) => count(verdict) > 0);
  return (
    <div>
      <div className="flex flex-wrap gap-1.5 px-4 pt-4 pb-3">
        {verdicts.map((verdict) => (
          <Badge key={verdict} tone={looks[verdict].tone}>
            {count(verdict)} {t.claims.verdicts[verdict]}
          </Badge>
        ))}
        {changed > 0 && <Badge tone="warning">{words.changed(changed)}</Badge>}
        {missing > 0 && <Badge tone="neutral">{words.missing(missing)}</Badge>}
      </div>
      <ol className="divide-y divide-border border-t border-border">
        {claims.map((claim) => (
          <ClaimRow
            key={claim.id}
            claim={claim}
            number={claim.sourceId ? numbers.get(claim.sourceId) : undefined}
            inText={session ? claim.state !== 'missing' : found.has(claim.id)}
            open={claim.id === selected}
            onToggle={() => toggle(claim)}
            onShowInText={onShowInText}
          />
        ))}
      </ol>
    </div>
  );
}

const words = assistWords.claims;
const stateWords = { changed: words.isChanged, missing: words.isMissing };

const looks = {
  supported: { icon: CircleCheck, ink: 'text-success', tone: 'success' },
  unsupported: { icon: CircleHelp, ink: 'text-warning', tone: 'warning' },
  contradicted: { icon: CircleX, ink: 'text-danger', tone: 'danger' },
} as const;

/** A claim, and what has become of it in the text as it stands. */
type StandingClaim = Claim & { now: string | null };

interface ClaimRowProps {
  claim: StandingClaim;
  number: number | undefined;
  inText: boolean;
  open: boolean;
  onToggle: () => void;
  onShowInText: ClaimsPanelProps['onShowInText'];
}

function ClaimRow({ claim, number, inText, open, onToggle, onShowInText }: ClaimRowProps) {
  const { icon: Icon, ink } = looks[claim.verdict];
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    // Chosen in the text: bring it into view here, and leave it where it is when it can be seen already.
    if (open) row.current?.scrollIntoView({ block: 'nearest' });
  }, [open]);
  return (
    <li ref={row} className={cn('scroll-my-16', open && 'bg-muted/50')}>
      <button
        type="button"
        aria-expanded={open}
        onClick={onToggle}
        className="flex w-full items-start gap-2.5 px-4 py-3 text-left transition-colors hover:bg-muted/60 focus-visible:-outline-offset-2"
      >
        <Icon aria-hidden="true" className={cn('mt-0.5 size-4.5 shrink-0', ink)} />
        <span className="min-w-0">
          <span className="sr-only">{t.claims.verdicts[claim.verdict]}: </span>
          <span
            dir="auto"
            className={cn(
              'text-sm [overflow-wrap:anywhere]',
              claim.outcome === 'removed' && 'text-muted-foreground line-through',
            )}
          >
            {claim.text}
          </span>
          {(number !== undefined || claim.outcome !== 'kept' || claim.state !== 'unchanged') && (
            <span className="mt-0.5 block text-sm text-muted-foreground">
              {[
                number === undefined ? null : t.claims.source(number),
                claim.outcome === 'kept' ? null : t.claims.outcomes[claim.outcome],
                claim.outcome === 'removed' || claim.state === 'unchanged' ? null : stateWords[claim.state],
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
          )}
        </span>
      </button>
      {open && (
        <div className="grid animate-appear grid-cols-1 gap-3 pr-4 pb-4 pl-11 text-sm">
          {claim.now !== null && (
            <p>
              <span className="text-muted-foreground">{words.now} </span>
              <span dir="auto">{claim.now}</span>
            </p>
          )}
          <Evidence claim={claim} />
          <p className="text-muted-foreground">
            <ServerText>{claim.reason}</ServerText>
            {claim.judgedBy && ` ${t.claims.judgedBy(claim.judgedBy)}`}
          </p>
          {onShowInText && inText && (
            <Button size="small" className="justify-self-start" onClick={() => onShowInText(claim.id)}>
              {t.claims.showInText}
            </Button>
          )}
          {!inText && claim.outcome !== 'removed' && <p className="text-muted-foreground">{t.claims.notInText}</p>}
        </div>
      )}
    </li>
  );
}

/** How much of the passage stands around the quote at first, in characters. */
const context = 160;

function Evidence({ claim }: { claim: Claim }) {
  const [whole, setWhole] = useState(false);
  if (!claim.passage) return <p>{claim.quote ? t.common.quote(claim.quote) : t.claims.noQuote}</p>;
  const parts = claim.quote ? splitAtQuote(claim.passage, claim.quote) : null;
  const long = parts
    ? parts.before.length > context || parts.after.length > context
    : claim.passage.length > context * 3;
  return (
    <figure className="grid gap-2">
      <blockquote
        dir="auto"
        className="rounded-lg border border-border bg-card p-3 font-serif text-[0.9375rem] leading-relaxed whitespace-pre-line"
      >
        {parts ? (
          <>
            <span className="text-muted-foreground">{whole ? parts.before : tail(parts.before, context)}</span>
            <mark className="rounded-xs bg-warning-soft px-0.5 text-foreground">{parts.quote}</mark>
            <span className="text-muted-foreground">{whole ? parts.after : head(parts.after, context)}</span>
          </>
        ) : (
          <span className="text-muted-foreground">{whole ? claim.passage : head(claim.passage, context * 3)}</span>
        )}
      </blockquote>
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-3 gap-y-1 text-muted-foreground">
        <span className="min-w-0">
          {claim.sourceUrl ? (
            <a
              href={claim.sourceUrl}
              target="_blank"
              rel="noopener noreferrer"
              className="text-accent underline underline-offset-4"
            >
              {claim.sourceTitle ?? claim.sourceUrl}
              <ArrowUpRight aria-hidden="true" className="ml-0.5 inline size-3.5" />
            </a>
          ) : (
            claim.sourceTitle
          )}
          {claim.passageHeading && ` · ${claim.passageHeading}`}
        </span>
        {long && (
          <Button variant="link" size="small" onClick={() => setWhole(!whole)}>
            {whole ? t.claims.lessPassage : t.claims.wholePassage}
          </Button>
        )}
      </figcaption>
    </figure>
  );
}
