import { Link } from '@tanstack/react-router';
import { Check } from 'lucide-react';
import type { Overview } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { t } from '@/strings.ts';

const words = t.firstSteps;
const order = ['site', 'article', 'published'] as const;
const targets = { site: '/sites?connect=1', article: '/new', published: '/articles' };

interface FirstStepsProps {
  steps: Overview['firstSteps'];
  onHide: () => void;
}

/** What a newcomer does first, each a click away; the next one stands out, and what is done is ticked off. */
export function FirstSteps({ steps, onHide }: FirstStepsProps) {
  const next = order.find((name) => !steps[name]);
  const done = order.filter((name) => steps[name]).length;
  return (
    <Card aria-labelledby="first-steps" className="overflow-hidden">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 px-4 pt-4 pb-3 sm:px-5">
        <div>
          <h2 id="first-steps" className="font-semibold">
            {words.title}
          </h2>
          <p className="text-sm text-muted-foreground">
            {done === 0 ? words.intro : words.progress(done)}{' '}
            {steps.sampleArticleId && !steps.article && (
              <Link
                to="/articles/$articleId"
                params={{ articleId: steps.sampleArticleId }}
                className="text-accent underline underline-offset-4"
              >
                {words.sample}
              </Link>
            )}
          </p>
        </div>
        <Button variant="ghost" size="small" onClick={onHide}>
          {words.hide}
        </Button>
      </div>
      <ol className="divide-y divide-border border-t border-border">
        {order.map((name, index) => {
          const { title, text, action } = words.steps[name];
          return (
            <li key={name} className="flex flex-wrap items-center gap-x-4 gap-y-2.5 px-4 py-3.5 sm:px-5">
              <span
                aria-hidden="true"
                className={cn(
                  'grid size-7 shrink-0 place-items-center rounded-full text-sm font-semibold tabular-nums',
                  steps[name] ? 'bg-success-soft text-success' : 'bg-muted text-muted-foreground',
                  name === next && 'bg-primary text-primary-foreground',
                )}
              >
                {steps[name] ? <Check className="size-4" /> : index + 1}
              </span>
              <div className="min-w-0 flex-1 basis-52">
                <p className={cn('font-medium', steps[name] && 'text-muted-foreground line-through')}>
                  {title}
                  {steps[name] && <span className="sr-only"> ({words.done})</span>}
                </p>
                {!steps[name] && <p className="text-sm text-muted-foreground">{text}</p>}
              </div>
              {!steps[name] && (
                <Button size="small" variant={name === next ? 'primary' : 'secondary'} asChild>
                  <Link to={targets[name]}>{action}</Link>
                </Button>
              )}
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
