import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import type { SiteCheck } from '@/api/client/types.gen.ts';
import { CopyButton } from '@/components/copy-button.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { t } from '@/strings.ts';
import { connectWords as words } from '@/strings-sites.ts';

const looks = {
  error: { icon: CircleAlert, ink: 'text-danger' },
  warning: { icon: TriangleAlert, ink: 'text-warning' },
  info: { icon: CircleCheck, ink: 'text-success' },
};
const weight = { error: 0, warning: 1, info: 2 };

/** `lines`: what to put into a file of the server. */
type Finding = SiteCheck['findings'][number] & { lines?: string[] };

/** What a check found, the worst first, with what to do. */
export function SiteFindings({ check }: { check: SiteCheck }) {
  const findings: Finding[] = check.findings.toSorted((a, b) => weight[a.severity] - weight[b.severity]);
  return (
    <ul className="grid grid-cols-1 gap-2.5 border-t border-border px-4 py-4 sm:px-5">
      {findings.map((finding) => {
        const { icon: Icon, ink } = looks[finding.severity];
        return (
          <li key={finding.code} className="flex gap-2.5 text-sm">
            <Icon aria-hidden="true" className={`mt-0.5 size-4 shrink-0 ${ink}`} />
            <div className="min-w-0 flex-1">
              <p className="break-words">
                <span className="sr-only">{t.sites.severities[finding.severity]}: </span>
                <ServerText>{finding.message}</ServerText>
              </p>
              {finding.severity !== 'info' && (
                <p className="break-words text-muted-foreground">
                  <ServerText>{finding.hint}</ServerText>
                </p>
              )}
              {finding.lines && finding.lines.length > 0 && <Lines lines={finding.lines} />}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function Lines({ lines }: { lines: string[] }) {
  const text = lines.join('\n');
  return (
    <div className="mt-2 grid justify-items-start gap-2">
      <section aria-label={words.serverLines} className="w-full min-w-0">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, also by keyboard */}
        <pre tabIndex={0} className="w-full overflow-x-auto rounded-lg bg-muted px-3 py-2 font-mono text-[0.8125rem]">
          {text}
        </pre>
      </section>
      <CopyButton text={text} />
    </div>
  );
}
