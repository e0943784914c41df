import type { DoublePost } from './wordpress-double.ts';

/** A site's list of posts with everything that reading it takes: times, ids, states, offset, and how many there are. */
export function listPostsLike(
  all: Iterable<DoublePost>,
  parameters: URLSearchParams,
): { posts: DoublePost[]; headers: Record<string, string> } {
  const statuses = (parameters.get('status') ?? 'publish').split(',');
  const include = parameters.get('include')?.split(',').map(Number);
  const after = parameters.get('modified_after');
  // WordPress compares whole seconds.
  const seconds = (time: string | undefined) => Math.floor(Date.parse(time ?? '1970-01-01T00:00:00Z') / 1000);
  const chosen = [...all].filter(
    (post) =>
      statuses.includes(post.status) &&
      (include === undefined || include.includes(post.id)) &&
      (after === null || seconds(post.modified) > seconds(after)),
  );
  const byTime = parameters.get('orderby') === 'modified';
  chosen.sort((a, b) => (byTime ? seconds(a.modified) - seconds(b.modified) : 0) || a.id - b.id);
  const perPage = Number(parameters.get('per_page') ?? 10);
  const offset = Number(parameters.get('offset') ?? 0);
  return {
    posts: chosen.slice(offset, offset + perPage),
    headers: { 'x-wp-total': String(chosen.length), 'x-wp-totalpages': String(Math.ceil(chosen.length / perPage)) },
  };
}
