import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import { proposalKeys } from './use-proposal-keys.ts';

const words = t.topics;

/** Which keys do what, and the way to turn them off. Of no use without a keyboard, so not on a phone. */
export function ProposalKeys({ on, turn }: { on: boolean; turn: () => void }) {
  return (
    <p className="ml-auto flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted-foreground max-sm:hidden">
      {on ? (
        <>
          <span className="sr-only">{words.keys}</span>
          {proposalKeys.map((key) => (
            <span key={key} className="flex items-center gap-1.5">
              <kbd className="grid size-5.5 place-items-center rounded border border-border bg-muted font-mono text-xs text-foreground">
                {key}
              </kbd>
              {words.keyNames[key]}
            </span>
          ))}
        </>
      ) : (
        words.keysAreOff
      )}
      <Button size="small" variant="link" onClick={turn}>
        {on ? words.keysOff : words.keysOn}
      </Button>
    </p>
  );
}
