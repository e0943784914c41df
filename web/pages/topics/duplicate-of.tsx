import { Link } from '@tanstack/react-router';
import type { Problem } from '@/api/client/types.gen.ts';
import { t } from '@/strings.ts';

const words = t.topics.duplicateOf;
const link = 'text-accent underline underline-offset-4';

/** What a topic is much like, with the way there. */
export function DuplicateOf({ duplicate }: { duplicate: NonNullable<Problem['duplicateOf']> }) {
  const { kind, id, title, url, siteName } = duplicate;
  return (
    <p className="break-words">
      {words[kind]}{' '}
      <span dir="auto">
        {kind === 'article' && id ? (
          <Link to="/articles/$articleId" params={{ articleId: id }} className={link}>
            {title}
          </Link>
        ) : kind === 'pipeline' && id ? (
          <Link to="/runs/$runId" params={{ runId: id }} className={link}>
            {title}
          </Link>
        ) : url ? (
          <a href={url} target="_blank" rel="noopener noreferrer" className={link}>
            {title}
          </a>
        ) : (
          t.common.quote(title)
        )}
      </span>
      {siteName && ` ${words.on(siteName)}`}
    </p>
  );
}
