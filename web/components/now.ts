import { useEffect, useState } from 'react';

/** The present time, renewed every `everyMs`; stands still while `running` is false. */
export function useNow(everyMs: number, running = true): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(new Date()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, running]);
  return now;
}
