import type { Article } from '@/api/client/types.gen.ts';
import { Notice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { t } from '@/strings.ts';

/** Links of an article to posts that are gone, and the way to mend them. */
export function DeadLinks({ links }: { links: Article['deadLinks'] }) {
  if (links.length === 0) return null;
  return (
    <Notice tone="warning" title={t.deadLinks.title(links.length)} className="mt-5">
      <p>{t.deadLinks.text}</p>
      <ul className="grid gap-1.5 text-sm">
        {links.map(({ url, movedTo, foundAt }) => (
          <li key={url} className="break-all">
            {url}{' '}
            <span className="text-muted-foreground">
              ({t.deadLinks.found} <RelativeTime at={foundAt} />)
            </span>
            {movedTo && (
              <>
                {' '}
                {t.deadLinks.movedTo} <span className="font-medium">{movedTo}</span>
              </>
            )}
          </li>
        ))}
      </ul>
      <p>{t.deadLinks.mend}</p>
    </Notice>
  );
}
