import { type ReactNode, useEffect } from 'react';
import type { Article } from '@/api/client/types.gen.ts';
import { CheckProvider } from '../assist/check-provider.tsx';
import { EditingContext } from './editing-context.ts';
import { EditorColumn } from './editor-column.tsx';
import { SearchFields } from './search-fields.tsx';
import { useEditing } from './use-session.ts';

interface EditedArticleProps {
  article: Article;
  /** A sentence to show, and a number that rises each time it is asked for. */
  reveal: { sentence: string; times: number } | null;
  onDone: () => void;
  /** The page around it. */
  layout: (parts: { column: ReactNode; search: ReactNode }) => ReactNode;
}

/** An article while it is edited: its text in the column, its fields among the panels. */
export default function EditedArticle({ article, reveal, onDone, layout }: EditedArticleProps) {
  const session = useEditing(article);
  useEffect(() => {
    if (reveal && reveal.times > 0) session.reveal(reveal.sentence);
  }, [session, reveal]);
  return (
    <EditingContext value={session}>
      <CheckProvider articleId={article.id} session={session}>
        {layout({
          column: <EditorColumn session={session} article={article} onDone={onDone} />,
          search: <SearchFields session={session} />,
        })}
      </CheckProvider>
    </EditingContext>
  );
}
