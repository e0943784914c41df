import { Link2 } from 'lucide-react';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { assistWords } from '@/strings-assist.ts';
import { useOpenSession } from '../editor/editing-context.ts';
import { useLiveCheck } from './check-context.ts';
import { showPlace } from './show-place.ts';

const words = assistWords.links;

/** Posts of one's own that the text could link to; where it mentions one, a button does it. */
export function LinkSuggestions({ onShowText }: { onShowText: (() => void) | undefined }) {
  const session = useOpenSession();
  const live = useLiveCheck();
  if (!session || !live?.check) return null;
  const { markdown, fresh } = live;
  const link = (url: string, { start, end }: { start: number; end: number }) => {
    // The places are those of the text that was checked.
    if (session.markdown() !== markdown) return;
    const linked = `[${markdown.slice(start, end)}](<${url}>)`;
    session.rewrite(markdown.slice(0, start) + linked + markdown.slice(end));
    toast(words.done);
    onShowText?.();
    requestAnimationFrame(() => showPlace(session, markdown, { start, end }));
  };
  return (
    <section aria-label={words.title}>
      <h3 className="mb-1.5 text-sm font-semibold">{words.title}</h3>
      {live.check.links.length === 0 && <p className="text-sm text-muted-foreground">{words.none}</p>}
      <ul className="grid gap-2.5">
        {live.check.links.map(({ title, url, mention }) => (
          <li key={url} className="flex items-center gap-3 text-sm">
            <span className="min-w-0 flex-1">
              <a
                href={url}
                target="_blank"
                rel="noopener noreferrer"
                dir="auto"
                className="text-accent underline underline-offset-4"
              >
                {title}
              </a>
              {!mention && <span className="block text-muted-foreground">{words.unmentioned}</span>}
            </span>
            {mention && (
              <Button
                size="small"
                disabled={!fresh}
                aria-label={words.linkTo(title)}
                onClick={() => link(url, mention)}
              >
                <Link2 aria-hidden="true" />
                {words.link}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
