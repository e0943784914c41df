import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, RefreshCw, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { checkSiteMutation, deleteSiteMutation, listSitesQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Site, SiteCheck } from '@/api/client/types.gen.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { t } from '@/strings.ts';
import { SiteForm } from './site-form.tsx';

/** One site: whether articles can be brought there, and if not, why and what to do. */
export function SiteCard({ site }: { site: Site }) {
  const [changing, setChanging] = useState(false);
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: listSitesQueryKey() });
  const check = useMutation({ ...checkSiteMutation(), onSettled });
  const remove = useMutation({ ...deleteSiteMutation(), onSettled });
  const problem = check.error ?? remove.error;
  const path = { id: site.id };
  if (changing) return <SiteForm site={site} onDone={() => setChanging(false)} onCancel={() => setChanging(false)} />;
  return (
    <Card className="overflow-hidden">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 p-4 sm:p-5">
        <div className="min-w-0">
          <h2 className="flex flex-wrap items-center gap-x-3 gap-y-1 font-semibold">
            {site.name}
            <CheckBadge check={site.lastCheck} />
          </h2>
          <p className="text-sm break-all text-muted-foreground">
            <a href={site.url} target="_blank" rel="noopener noreferrer" className="underline-offset-4 hover:underline">
              {site.url.replace(/^https?:\/\/|\/$/g, '')}
            </a>{' '}
            · {site.username}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <Button size="small" disabled={check.isPending} onClick={() => check.mutate({ path, body: {} })}>
            <RefreshCw aria-hidden="true" className={check.isPending ? 'animate-spin' : ''} />
            {check.isPending ? t.sites.checking : t.sites.checkAgain}
          </Button>
          <Button size="small" variant="ghost" onClick={() => setChanging(true)}>
            {t.sites.edit}
          </Button>
          <Confirm
            trigger={
              <Button size="small" variant="ghost">
                {t.sites.remove}
              </Button>
            }
            title={t.sites.removeTitle(site.name)}
            description={t.sites.removeText}
            confirm={t.sites.remove}
            keep={t.common.keep}
            onConfirm={() => remove.mutate({ path })}
          />
        </div>
      </div>
      {problem && <ProblemNotice problem={problem} className="mx-4 mb-4 sm:mx-5" />}
      <div aria-live="polite">{site.lastCheck && <Findings check={site.lastCheck} />}</div>
      {site.lastCheckedAt && (
        <p className="border-t border-border px-4 py-2.5 text-sm text-muted-foreground sm:px-5">
          {t.sites.checked} <RelativeTime at={site.lastCheckedAt} />
        </p>
      )}
    </Card>
  );
}

function CheckBadge({ check }: { check: SiteCheck | null }) {
  if (!check) return <Badge>{t.sites.unchecked}</Badge>;
  if (!check.ok) return <Badge tone="danger">{t.sites.broken}</Badge>;
  const warned = check.findings.some((finding) => finding.severity === 'warning');
  return <Badge tone={warned ? 'warning' : 'success'}>{warned ? t.sites.warned : t.sites.works}</Badge>;
}

const looks = {
  error: { icon: CircleAlert, ink: 'text-danger' },
  warning: { icon: TriangleAlert, ink: 'text-warning' },
  info: { icon: CircleCheck, ink: 'text-success' },
};
const weight = { error: 0, warning: 1, info: 2 };

function Findings({ check }: { check: SiteCheck }) {
  const findings = check.findings.toSorted((a, b) => weight[a.severity] - weight[b.severity]);
  return (
    <ul className="grid gap-2.5 border-t border-border px-4 py-4 sm:px-5">
      {findings.map((finding) => {
        const { icon: Icon, ink } = looks[finding.severity];
        return (
          <li key={finding.code} className="flex gap-2.5 text-sm">
            <Icon aria-hidden="true" className={`mt-0.5 size-4 shrink-0 ${ink}`} />
            <div className="min-w-0">
              <p>
                <span className="sr-only">{t.sites.severities[finding.severity]}: </span>
                {finding.message}
              </p>
              {finding.severity !== 'info' && <p className="text-muted-foreground">{finding.hint}</p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
