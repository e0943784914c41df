import { useQueryClient } from '@tanstack/react-query';

/** What an admin sees of accounts, by the names of the routes. */
const lists = ['listUsers', 'listTopSpenders'];

/** Reads the lists of accounts again, whatever they are narrowed to. */
export function useRefresh() {
  const queries = useQueryClient();
  return () =>
    queries.invalidateQueries({
      predicate: ({ queryKey: [key] }) =>
        typeof key === 'object' && key !== null && '_id' in key && lists.includes(String(key._id)),
    });
}
