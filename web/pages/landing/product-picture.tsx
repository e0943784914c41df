import { CircleCheck } from 'lucide-react';
import { landingWords } from '@/strings-landing.ts';

const words = landingWords.picture;

/** A drawing of the product: a sentence of an article, the passage that it rests on, and what the article came to. */
export function ProductPicture() {
  return (
    <figure aria-label={words.label} className="relative">
      <div className="rounded-2xl border border-border bg-card p-6 shadow-[0_24px_60px_-28px_rgb(0_0_0/0.35)] sm:p-8">
        <p className="font-serif text-[1.3125rem] leading-snug font-semibold">{words.title}</p>
        <p className="mt-3.5 font-serif text-[1.0625rem] leading-relaxed">
          {words.before}
          <mark className="rounded-sm bg-success-soft px-0.5 text-foreground underline decoration-success decoration-2 underline-offset-4">
            {words.claim}
          </mark>
          {words.after}
        </p>
        <div className="mt-5 rounded-xl border border-border bg-background p-4">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-sm">
            <span className="inline-flex h-6 items-center gap-1.5 rounded-md bg-success-soft px-2 text-[0.8125rem] font-medium text-success">
              <CircleCheck aria-hidden="true" className="size-3.5" />
              {words.verdict}
            </span>
            <span className="text-muted-foreground">{words.source}</span>
          </p>
          <blockquote className="mt-2.5 border-l-2 border-success pl-3 text-sm leading-relaxed text-muted-foreground">
            {words.quoteBefore}
            <span className="text-foreground">{words.quote}</span>
          </blockquote>
        </div>
        <dl className="mt-5 grid gap-2.5 border-t border-border pt-5 text-sm">
          {[words.claims, words.cost, words.post].map(([name, value]) => (
            <div key={name} className="flex items-baseline justify-between gap-4">
              <dt className="text-muted-foreground">{name}</dt>
              <dd className="font-medium tabular-nums">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </figure>
  );
}
