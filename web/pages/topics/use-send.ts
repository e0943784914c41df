import { useRef, useState } from 'react';
import { ApiProblem } from '@/api/problem.ts';

/** Sends something, one at a time, and keeps what the server says against it until the next try. */
export function useSend<Input extends unknown[]>(work: (...input: Input) => Promise<void>) {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [pending, setPending] = useState(false);
  const busy = useRef(false);
  const send = async (...input: Input) => {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    setProblem(null);
    try {
      await work(...input);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      busy.current = false;
      setPending(false);
    }
  };
  return { send, problem, pending, forget: () => setProblem(null) };
}
