import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  cancelPublicationMutation,
  createPublicationMutation,
  retryPublicationMutation,
  trashPublicationMutation,
  unpublishPublicationMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Publication } from '@/api/client/types.gen.ts';
import { toast } from '@/components/toaster.tsx';
import { t } from '@/strings.ts';

/** What shows publications, and is read anew after anything was done with one. */
const shownBy = ['getQueue', 'getPublication', 'getPublicationConflict', 'listPublications', 'listSites', 'getArticle'];

/** Reads anew whatever shows publications. */
export function usePublicationRefresh() {
  const queries = useQueryClient();
  return () => Promise.all(shownBy.map((_id) => queries.invalidateQueries({ queryKey: [{ _id }] })));
}

/** Gives a publication up, and offers to ask for the same again. */
export function useCancel() {
  const onSettled = usePublicationRefresh();
  const cancel = useMutation({ ...cancelPublicationMutation(), onSettled });
  const retry = useMutation({ ...retryPublicationMutation(), onSettled });
  const create = useMutation({ ...createPublicationMutation(), onSettled });
  const unpublish = useMutation({ ...unpublishPublicationMutation(), onSettled });
  const trash = useMutation({ ...trashPublicationMutation(), onSettled });
  /** One whose post is on the site does not end as cancelled, but as it was before: what was asked for is asked anew. */
  const again = (before: Publication) => {
    const { id, articleId, siteId, wanted, publishAt, task, remoteId } = before;
    const path = { id };
    if (task === 'place' || remoteId === null) retry.mutate({ path });
    else if (task === 'unpublish') unpublish.mutate({ path });
    else if (task === 'trash') trash.mutate({ path, body: {} });
    else
      create.mutate({ path: { id: articleId }, body: { siteId, status: wanted, ...(publishAt ? { publishAt } : {}) } });
  };
  const all = [cancel, retry, create, unpublish, trash];
  return {
    run: (publication: Publication) =>
      cancel.mutate(
        { path: { id: publication.id } },
        {
          onSuccess: () =>
            toast(t.queue.cancelled(publication.title ?? t.queue.untitled), {
              // What had failed would not fail again by an undo: it would be sent.
              label: publication.status === 'failed' ? t.queue.tryAgain : t.queue.undo,
              run: () => again(publication),
            }),
        },
      ),
    problem: all.findLast((command) => command.error)?.error ?? null,
    /** Forgets an earlier refusal before something else is tried. */
    forget: () => {
      for (const command of all) command.reset();
    },
  };
}
