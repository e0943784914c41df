import { useNavigate } from '@tanstack/react-router';
import { SearchCheck } from 'lucide-react';
import { useId, useState } from 'react';
import { findGaps } from '@/api/client/sdk.gen.ts';
import { ServerText } from '@/components/server-text.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import { useSend } from './use-send.ts';
import { useTopicsRefresh } from './use-topic-commands.ts';

const words = t.topics.gaps;

/** Has what is missing between the account's own articles proposed. */
export function FindGaps({ siteId }: { siteId: string | undefined }) {
  const id = useId();
  const refresh = useTopicsRefresh();
  const navigate = useNavigate();
  const [nothing, setNothing] = useState<string | null>(null);
  const { send, problem, pending } = useSend(async () => {
    setNothing(null);
    const { data } = await findGaps({ body: siteId ? { siteId } : {}, throwOnError: true });
    await refresh();
    if (data.added.length === 0) setNothing(data.message ?? words.none);
    else {
      toast(words.found(data.added.length));
      await navigate({ to: '/topics', search: { show: 'proposed', ...(siteId ? { site: siteId } : {}) } });
    }
  });
  return (
    <div className="grid max-w-sm justify-items-start gap-1.5 sm:justify-items-end">
      <Button aria-disabled={pending} aria-describedby={id} title={words.hint} onClick={() => void send()}>
        <SearchCheck aria-hidden="true" className={pending ? 'animate-breathe' : ''} />
        {pending ? words.finding : words.find}
      </Button>
      <span id={id} className="sr-only">
        {words.hint}
      </span>
      {nothing && (
        <p role="status" className="text-sm text-muted-foreground">
          {nothing}
        </p>
      )}
      {problem && (
        <p role="alert" className="text-sm text-danger">
          <ServerText>{problem.detail}</ServerText> <ServerText>{problem.hint}</ServerText>
        </p>
      )}
    </div>
  );
}
