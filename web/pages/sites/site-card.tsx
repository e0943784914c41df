import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import {
  checkSiteMutation,
  deleteSiteMutation,
  listSitesQueryKey,
  resumeQueueMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Site } from '@/api/client/types.gen.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { t } from '@/strings.ts';
import { connectWords as words } from '@/strings-sites.ts';
import { usePublicationRefresh } from '../publication/use-cancel.ts';
import { AutopilotLink } from './autopilot-link.tsx';
import { ConnectForm } from './connect-form.tsx';
import { SiteFindings } from './site-findings.tsx';
import { SiteForm } from './site-form.tsx';
import { SitePostsLink } from './site-posts-link.tsx';
import { hasKeptSettings, SiteSettingsForm } from './site-settings.tsx';

type Opened = 'nothing' | 'address' | 'connection' | 'settings';

/** One site: whether articles can be brought there, and if not, why and what to do. */
export function SiteCard({ site, arrived }: { site: Site; arrived?: boolean }) {
  const [opened, setOpened] = useState<Opened>(() => (hasKeptSettings(site) ? 'settings' : 'nothing'));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (arrived) heading.current?.focus();
  }, [arrived]);
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: listSitesQueryKey() });
  const check = useMutation({ ...checkSiteMutation(), onSettled });
  const remove = useMutation({ ...deleteSiteMutation(), onSettled });
  const refresh = usePublicationRefresh();
  const resume = useMutation({
    ...resumeQueueMutation(),
    onSuccess: () => {
      toast(t.queue.resumed(site.name));
      // The button is gone with the pause.
      heading.current?.focus();
    },
    onSettled: refresh,
  });
  const problem = check.error ?? remove.error ?? resume.error;
  const path = { id: site.id };
  const close = () => {
    setOpened('nothing');
    requestAnimationFrame(() => heading.current?.focus());
  };
  if (opened === 'address') return <SiteForm site={site} onDone={close} onCancel={close} />;
  if (opened === 'connection') return <ConnectForm site={site} onDone={close} onCancel={close} />;
  return (
    <Card className="overflow-hidden">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 p-4 sm:p-5">
        <div className="min-w-0">
          <h2
            ref={heading}
            tabIndex={-1}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded font-semibold break-words"
          >
            <bdi className="min-w-0">{site.name}</bdi>
            <StateBadge site={site} />
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
          <SitePostsLink siteId={site.id} />
          <AutopilotLink siteId={site.id} />
          <Button
            size="small"
            aria-expanded={opened === 'settings'}
            onClick={() => (opened === 'settings' ? close() : setOpened('settings'))}
          >
            {words.settings}
          </Button>
          <Button size="small" variant="ghost" onClick={() => setOpened('connection')}>
            {words.reconnect}
          </Button>
          <Button size="small" variant="ghost" onClick={() => setOpened('address')}>
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
      {site.pausedBy && (
        <Notice tone="warning" title={words.pausedBy[site.pausedBy]} className="mx-4 mb-4 sm:mx-5">
          <p className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
            {site.pausedAt && (
              <span>
                {words.pausedSince} <RelativeTime at={site.pausedAt} />
              </span>
            )}
            <Button
              size="small"
              aria-label={t.queue.resumeOf(site.name)}
              disabled={resume.isPending}
              onClick={() => resume.mutate({ path })}
            >
              {t.queue.resume}
            </Button>
            <Link to="/queue" className="text-accent underline underline-offset-4">
              {t.publish.inQueue}
            </Link>
          </p>
        </Notice>
      )}
      {problem && <ProblemNotice problem={problem} className="mx-4 mb-4 sm:mx-5" />}
      <div aria-live="polite">{site.lastCheck && <SiteFindings check={site.lastCheck} />}</div>
      {site.lastCheckedAt && (
        <p className="border-t border-border px-4 py-2.5 text-sm text-muted-foreground sm:px-5">
          {t.sites.checked} <RelativeTime at={site.lastCheckedAt} />
          {site.failingSince && (
            <>
              {' · '}
              {words.failingSince} <RelativeTime at={site.failingSince} />
            </>
          )}
        </p>
      )}
      {opened === 'settings' && <SiteSettingsForm site={site} onClose={close} />}
    </Card>
  );
}

function StateBadge({ site: { lastCheck: check, pausedAt } }: { site: Site }) {
  if (pausedAt) return <Badge tone={check?.ok === false ? 'danger' : 'neutral'}>{words.paused}</Badge>;
  if (!check) return <Badge>{t.sites.unchecked}</Badge>;
  if (!check.ok) return <Badge tone="danger">{t.sites.broken}</Badge>;
  const warned = check.findings.some((finding) => finding.severity === 'warning');
  return <Badge tone={warned ? 'warning' : 'success'}>{warned ? t.sites.warned : t.sites.works}</Badge>;
}
