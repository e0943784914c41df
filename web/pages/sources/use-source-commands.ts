import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  deleteSourceDocumentMutation,
  refreshSourceDocumentMutation,
  restoreSourceDocumentMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import { toast } from '@/components/toaster.tsx';
import { sourceLibraryWords as words } from '@/strings-sources.ts';

/** What can be done with a stored source: read it again, delete it and take that back. */
export function useSourceCommands() {
  const queries = useQueryClient();
  const onSettled = () =>
    queries.invalidateQueries({
      predicate: ({ queryKey: [first] }) => /SourceDocument/.test((first as { _id?: string } | undefined)?._id ?? ''),
    });
  const restore = useMutation({
    ...restoreSourceDocumentMutation(),
    onSuccess: () => toast(words.restored),
    onSettled,
  });
  const remove = useMutation({
    ...deleteSourceDocumentMutation(),
    onSuccess: (_nothing, options) =>
      toast(words.removed, { label: words.undo, run: () => restore.mutate({ path: options.path }) }),
    onSettled,
  });
  const refresh = useMutation({
    ...refreshSourceDocumentMutation(),
    onSuccess: ({ changed }) => toast(changed ? words.other : words.same),
    onSettled,
  });
  return { restore, remove, refresh };
}
