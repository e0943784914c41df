import { useMutation, useQuery } from '@tanstack/react-query';
import {
  createPublicationMutation,
  listPublicationsOptions,
  listSitesOptions,
} from '@/api/client/@tanstack/react-query.gen.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import { editedWords } from '@/strings-edited.ts';
import { usePublicationRefresh } from '../publication/use-cancel.ts';

const words = editedWords.outdated;

interface OutdatedProps {
  articleId: string;
  /** While one writes: saves what is not saved yet. */
  flush?: () => Promise<unknown>;
  className?: string;
}

/** Says which sites show an older text, and offers to update them. */
export function Outdated({ articleId, flush, className }: OutdatedProps) {
  const publications = useQuery(listPublicationsOptions({ query: { articleId, limit: 100 } }));
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  const refresh = usePublicationRefresh();
  const update = useMutation({ ...createPublicationMutation(), onSettled: refresh });
  const behind =
    publications.data?.items.filter(({ status, outdated }) => status === 'published' && outdated === true) ?? [];
  if (behind.length === 0) return null;
  const names = behind
    .map(({ siteId }) => sites.data?.items.find(({ id }) => id === siteId)?.name ?? '')
    .filter(Boolean);
  const send = async () => {
    await flush?.();
    for (const { siteId, wanted } of behind) {
      await update.mutateAsync({
        path: { id: articleId },
        body: { siteId, status: wanted === 'future' ? 'publish' : wanted },
      });
    }
    toast(words.sent);
  };
  return (
    <Notice
      tone="accent"
      title={words.title(names.map((name) => t.common.quote(name)).join(', '))}
      {...(className ? { className } : {})}
    >
      <p>{flush ? words.textWriting : words.text}</p>
      <Button size="small" className="justify-self-start" disabled={update.isPending} onClick={() => void send()}>
        {words.update}
      </Button>
      {update.error && <ProblemNotice problem={update.error} />}
    </Notice>
  );
}
