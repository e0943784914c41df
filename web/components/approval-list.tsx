import type { Approval } from '@/api/client/types.gen.ts';
import { formatCount, unknown } from '@/format/money.ts';
import { formatDateTime } from '@/format/time.ts';
import { approvalWords as words } from '@/strings-schedules.ts';
import { Badge, type Tone } from './ui/badge.tsx';

const tones: Record<Approval['decision'], Tone> = {
  approved: 'success',
  released: 'success',
  approved_by_rule: 'accent',
  held: 'warning',
};

/** Who or what has let an article go public or held it, oldest first; nothing while nobody has. */
export function ApprovalList({ approvals }: { approvals: Approval[] }) {
  if (approvals.length === 0) return null;
  return (
    <section aria-label={words.title}>
      <h3 className="mb-2 text-sm font-semibold text-muted-foreground">{words.title}</h3>
      <ol className="grid gap-2.5 text-sm">
        {approvals.map((approval) => (
          <li key={approval.id} className="grid gap-1">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Badge tone={tones[approval.decision]}>{words.decisions[approval.decision]}</Badge>
              <time dateTime={approval.at} className="text-muted-foreground">
                {formatDateTime(new Date(approval.at))}
              </time>
            </div>
            <p className="[overflow-wrap:anywhere]">
              {[
                approval.via === 'rule' && approval.gates ? gateWords(approval.gates) : approval.by,
                words.vias[approval.via],
                approval.revision !== null && words.revision(approval.revision),
              ]
                .filter(Boolean)
                .join(', ')}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

function gateWords(gates: NonNullable<Approval['gates']>): string {
  const score = gates.seoScore === null ? unknown : formatCount(gates.seoScore);
  return words.gates(gates.doubtfulClaims, score, gates.minSeoScore, formatCount(gates.holdHours));
}
