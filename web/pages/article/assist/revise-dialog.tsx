import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { reviseSelection } from '@/api/client/sdk.gen.ts';
import type { RevisionEstimate, RevisionOffer } from '@/api/client/types.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Choice } from '@/components/ui/choice.tsx';
import { Dialog } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { useSettled } from '@/components/use-settled.ts';
import { formatMoney } from '@/format/money.ts';
import { assistWords } from '@/strings-assist.ts';
import type { Passage } from '../editor/session.ts';
import type { RevisionAction } from './revise-bar.tsx';
import { diffWords } from './word-diff.ts';

const words = assistWords.revise;
const tones = ['plain', 'friendly', 'formal', 'confident'] as const;
type Tone = (typeof tones)[number];

interface ReviseDialogProps {
  articleId: string;
  action: RevisionAction;
  passage: Passage;
  around: { before: string; after: string };
  onClose: () => void;
}

type Stage =
  | { kind: 'wish'; note?: string }
  | { kind: 'running' }
  | { kind: 'offer'; offer: RevisionOffer }
  | { kind: 'problem'; problem: ApiProblem };

/** A selection put otherwise: what it will cost, the work, what came of it, and what its author makes of that. */
export function ReviseDialog({ articleId, action, passage, around, onClose }: ReviseDialogProps) {
  const [tone, setTone] = useState<Tone>('plain');
  const [instruction, setInstruction] = useState('');
  const [stage, setStage] = useState<Stage>({ kind: 'wish' });
  const again = useRef(0);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const path = { id: articleId };
  const wish = {
    action,
    selection: passage.markdown,
    ...around,
    ...(action === 'tone' ? { tone } : {}),
    ...(instruction.trim() ? { instruction: instruction.trim() } : {}),
  };
  const settled = useSettled(instruction, 500);
  const estimate = useQuery({
    queryKey: ['revision-estimate', articleId, action, passage.markdown, tone, settled],
    queryFn: async ({ signal }) => {
      const { data } = await reviseSelection({
        path,
        query: { dryRun: 'true' },
        body: wish,
        signal,
        throwOnError: true,
      });
      if (!('likely' in data)) throw new TypeError('an offer came in place of an estimate');
      return data;
    },
    retry: false,
  });

  const run = async (event?: FormEvent) => {
    event?.preventDefault();
    const controller = new AbortController();
    running.current = controller;
    setStage({ kind: 'running' });
    try {
      const { data } = await reviseSelection({
        path,
        body: { ...wish, again: again.current },
        signal: controller.signal,
        throwOnError: true,
      });
      if (controller.signal.aborted || !('text' in data)) return;
      setStage({ kind: 'offer', offer: data });
    } catch (error) {
      if (controller.signal.aborted) return;
      if (!(error instanceof ApiProblem)) throw error;
      setStage({ kind: 'problem', problem: error });
    }
  };
  const cancel = () => {
    running.current?.abort();
    setStage({ kind: 'wish', note: words.cancelled });
  };
  const tryAgain = () => {
    again.current += 1;
    void run();
  };
  const accept = (text: string) => {
    if (passage.replace(text)) onClose();
    else setStage({ kind: 'wish', note: words.gone });
  };

  return (
    <Dialog title={words.titles[action]} onClose={onClose} narrow>
      <div className="grid grid-cols-1 gap-4 p-4 sm:p-6" aria-live="polite">
        {(stage.kind === 'wish' || stage.kind === 'problem') && (
          <form onSubmit={(event) => void run(event)} className="grid grid-cols-1 gap-4">
            {stage.kind === 'wish' && stage.note && <Notice tone="accent" title={stage.note} />}
            {stage.kind === 'problem' && <ProblemNotice problem={stage.problem} />}
            {action === 'tone' && (
              <Choice
                legend={words.tone}
                value={tone}
                options={tones.map((value) => ({ value, label: words.tones[value] }))}
                onChange={setTone}
              />
            )}
            <Field label={words.instruction} hint={words.instructionHint}>
              {(control) => (
                <Input
                  {...control}
                  maxLength={500}
                  value={instruction}
                  onChange={(event) => setInstruction(event.target.value)}
                />
              )}
            </Field>
            {estimate.error instanceof ApiProblem && stage.kind === 'wish' ? (
              <ProblemNotice problem={estimate.error} />
            ) : (
              <Cost estimate={estimate.data} />
            )}
            <div className="flex flex-wrap gap-2">
              <Button type="submit" variant="primary" disabled={estimate.error !== null}>
                {stage.kind === 'problem' ? words.again : words.run}
              </Button>
              <Button onClick={onClose}>{words.discard}</Button>
            </div>
          </form>
        )}
        {stage.kind === 'running' && (
          <>
            <p role="status" className="animate-pulse font-medium motion-reduce:animate-none">
              {words.running}
            </p>
            <Button className="justify-self-start" onClick={cancel}>
              {words.cancel}
            </Button>
          </>
        )}
        {stage.kind === 'offer' && (
          <>
            <Difference before={passage.markdown} after={stage.offer.text} />
            <Proof offer={stage.offer} />
            <div className="flex flex-wrap gap-2">
              <Button variant="primary" autoFocus onClick={() => accept(stage.offer.text)}>
                {words.accept}
              </Button>
              <Button onClick={tryAgain}>{words.again}</Button>
              <Button onClick={onClose}>{words.discard}</Button>
            </div>
          </>
        )}
      </div>
    </Dialog>
  );
}

function Cost({ estimate }: { estimate: RevisionEstimate | undefined }) {
  if (!estimate) return <p className="text-sm text-muted-foreground">{words.estimating}</p>;
  const { likely, high, model, payer } = estimate;
  return (
    <p className="text-sm text-muted-foreground">
      {high === 0 ? words.free : words.estimate(formatMoney(likely), formatMoney(high), model)}
      {payer === 'user' && ` ${words.ownKey}`} {words.grounds}
    </p>
  );
}

function Difference({ before, after }: { before: string; after: string }) {
  const changes = diffWords(before, after);
  if (changes.every(({ kind }) => kind === 'same')) return <p>{words.same}</p>;
  return (
    <section aria-label={words.changes}>
      <p
        dir="auto"
        className="max-h-72 overflow-y-auto rounded-lg border border-border bg-background p-3 font-serif leading-relaxed whitespace-pre-wrap"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        tabIndex={0}
      >
        {changes.map(({ kind, text }, index) => {
          if (kind === 'removed') {
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other name, and never move
              <del key={index} className="bg-danger-soft text-danger">
                {text}
              </del>
            );
          }
          if (kind === 'added') {
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same
              <ins key={index} className="bg-success-soft text-success no-underline">
                {text}
              </ins>
            );
          }
          return text;
        })}
      </p>
    </section>
  );
}

/** How the offer stood up to its sources, and what it cost. */
function Proof({ offer }: { offer: RevisionOffer }) {
  const doubtful = offer.claims.filter(({ verdict }) => verdict !== 'supported');
  const held = offer.claims.length - doubtful.length;
  return (
    <>
      {doubtful.length > 0 && (
        <Notice tone="warning" title={words.doubtful(doubtful.length)}>
          <ul className="grid gap-2 text-sm">
            {doubtful.map(({ text, reason }) => (
              <li key={text}>
                <p className="font-medium">{text}</p>
                <p className="text-muted-foreground">{reason}</p>
              </li>
            ))}
          </ul>
          <p className="text-sm">{words.doubtfulHint}</p>
        </Notice>
      )}
      <p className="text-sm text-muted-foreground">
        {[
          held > 0 && words.checked(held),
          offer.lostFootnotes.length > 0 && words.lost(offer.lostFootnotes.join(', ')),
          offer.costMicroUsd === 0 && offer.model !== 'offline'
            ? words.known
            : words.cost(formatMoney(offer.costMicroUsd), offer.model),
          offer.estimated && words.estimated,
        ]
          .filter(Boolean)
          .join(' ')}
      </p>
    </>
  );
}
