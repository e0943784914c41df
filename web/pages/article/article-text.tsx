import { type MouseEvent, memo, useEffect, useRef } from 'react';
import { useScrollStops } from '@/components/use-scroll-stops.ts';

interface ArticleTextProps {
  html: string;
  language: string | null;
  showClaims: boolean;
  selected: string | undefined;
  /** Counts up to bring the selected sentence into view. */
  reveal: number;
  onSelect: (claimId: string) => void;
}

/** The article as its reader will see it; sentences that rest on a source can be chosen. */
export function ArticleText({ html, language, showClaims, selected, reveal, onSelect }: ArticleTextProps) {
  const root = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new html has no marks yet, and `reveal` asks for the view again
  useEffect(() => {
    const spans = root.current?.querySelectorAll<HTMLElement>('[data-claim]') ?? [];
    let first: HTMLElement | null = null;
    for (const span of spans) {
      const chosen = span.dataset.claim === selected;
      if (chosen) span.dataset.selected = 'true';
      else delete span.dataset.selected;
      if (chosen) first ??= span;
    }
    if (first && reveal > 0) scrollTo(first);
  }, [html, selected, reveal]);
  useScrollStops(root, html);
  const choose = (event: MouseEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target || target.closest('a')) return;
    const claim = target.closest<HTMLElement>('[data-claim]')?.dataset.claim;
    if (claim && window.getSelection()?.isCollapsed !== false) onSelect(claim);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the pointer; the list of claims does the same by keyboard
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above
    <div
      ref={root}
      lang={language ?? undefined}
      dir="auto"
      className="article-text"
      data-show-claims={showClaims}
      onClick={choose}
    >
      <Html html={html} />
    </div>
  );
}

/** Kept apart and memoised, so that React leaves the marks on the sentences alone. */
const Html = memo(function Html({ html }: { html: string }) {
  // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised by the server (src/articles/markdown.ts), and the content security policy allows no script
  return <div dangerouslySetInnerHTML={{ __html: html }} />;
});

/** Brings an element into the middle of the view, smoothly unless the reader wants no motion. */
export function scrollTo(element: Element): void {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollIntoView({ block: 'center', behavior: still ? 'auto' : 'smooth' });
}
