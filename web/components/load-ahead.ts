import type { QueryClient } from '@tanstack/react-query';
import type { AnyRouter } from '@tanstack/react-router';
import { places } from './palette/places.ts';

/** Pages that most visits lead to, though nothing beside the page does. */
const within = ['/articles/$articleId', '/runs/$runId'];
/** How often it is looked whether the page still waits for answers of the server, in milliseconds. */
const lookMs = 100;

/**
 * Loads the code of the pages that are one click away, one after the other, while nothing is asked of the server and the
 * browser has nothing else to do: a click then waits for nothing but its answer. Not for those who have asked their browser
 * to save data. Returns what ends it.
 */
export function loadAhead(router: AnyRouter, queries: QueryClient): () => void {
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
  if (connection?.saveData) return () => undefined;
  const waiting = [...Object.values(places).map(({ to }) => to), ...within];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const later = (ms: number) => {
    // Safari has no requestIdleCallback.
    timer = setTimeout(
      () => ('requestIdleCallback' in window ? requestIdleCallback(() => void next()) : void next()),
      ms,
    );
  };
  const next = async () => {
    if (ended) return;
    if (queries.isFetching() > 0) {
      later(lookMs);
      return;
    }
    for (let route = router.routesByPath[waiting.shift() ?? '']; route; route = route.parentRoute)
      await router.loadRouteChunk(route);
    if (waiting.length > 0) later(0);
  };
  later(lookMs);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
