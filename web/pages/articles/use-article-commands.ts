import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getOverviewQueryKey, listArticlesQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';
import { createPublication, deleteArticle, exportArticles, restoreArticle } from '@/api/client/sdk.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { toast } from '@/components/toaster.tsx';
import { t } from '@/strings.ts';

const words = t.articleList;
/** So many requests are under way at a time. */
const atOnce = 4;

interface Outcome {
  done: string[];
  problems: ApiProblem[];
}

/** Does the same with each of several articles; one that is refused does not keep the others from it. */
async function each(ids: string[], work: (id: string) => Promise<unknown>): Promise<Outcome> {
  const left = [...ids];
  const outcome: Outcome = { done: [], problems: [] };
  const take = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        await work(id);
        outcome.done.push(id);
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error;
        outcome.problems.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, take));
  return outcome;
}

/** What can be done with one article or many at once: delete and take back, send to a site, export. */
export function useArticleCommands() {
  const queries = useQueryClient();
  const onSettled = () => {
    const [{ _id }] = listArticlesQueryKey();
    return Promise.all([
      queries.invalidateQueries({
        predicate: ({ queryKey: [first] }) => (first as { _id?: string } | undefined)?._id === _id,
      }),
      queries.invalidateQueries({ queryKey: getOverviewQueryKey() }),
    ]);
  };
  const onError = (error: Error) => toast(error.message);
  const restoring = useMutation({
    mutationFn: (ids: string[]) => each(ids, (id) => restoreArticle({ path: { id }, throwOnError: true })),
    onSuccess: (outcome, ids) => say(outcome, ids, words.restored(outcome.done.length)),
    onError,
    onSettled,
  });
  const removing = useMutation({
    mutationFn: (ids: string[]) => each(ids, (id) => deleteArticle({ path: { id }, throwOnError: true })),
    onSuccess: (outcome, ids) =>
      say(outcome, ids, words.removed(outcome.done.length), {
        label: words.undo,
        run: () => restoring.mutate(outcome.done),
      }),
    onError,
    onSettled,
  });
  const sending = useMutation({
    mutationFn: ({ ids, siteId }: { ids: string[]; siteId: string; site: string }) =>
      each(ids, (id) => createPublication({ path: { id }, body: { siteId, status: 'draft' }, throwOnError: true })),
    onSuccess: (outcome, { ids, site }) => say(outcome, ids, words.sent(outcome.done.length, site)),
    onError,
    onSettled,
  });
  const exporting = useMutation({ mutationFn: download, onError });
  return {
    busy: removing.isPending || restoring.isPending || sending.isPending || exporting.isPending,
    remove: (ids: string[]) => removing.mutate(ids),
    restore: (ids: string[]) => restoring.mutate(ids),
    send: (ids: string[], site: { id: string; name: string }) =>
      sending.mutate({ ids, siteId: site.id, site: site.name }),
    save: (ids: string[]) => exporting.mutate(ids),
  };
}

function say({ done, problems }: Outcome, ids: string[], text: string, action?: Parameters<typeof toast>[1]): void {
  const [first] = problems;
  const failed = first ? words.someFailed(problems.length, ids.length, `${first.message} ${first.hint}`) : '';
  toast([done.length > 0 && text, failed].filter(Boolean).join(' '), done.length > 0 ? action : undefined);
}

/** Has the browser keep the archive as a file. */
async function download(articleIds: string[]): Promise<void> {
  const { data } = await exportArticles({ body: { articleIds }, parseAs: 'blob', throwOnError: true });
  const url = URL.createObjectURL(data as unknown as Blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = `articles-${new Date().toISOString().slice(0, 10)}.zip`;
  link.click();
  URL.revokeObjectURL(url);
}
