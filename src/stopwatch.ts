/**
 * Milliseconds since the call, also those in which the process (one clock knows of it) or the machine (the other) stood
 * still. A wall clock that was put forward makes them more, never less.
 */
export function startStopwatch(): () => number {
  const [steady, wall] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}
