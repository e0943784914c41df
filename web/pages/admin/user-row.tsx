import { ChevronDown } from 'lucide-react';
import { memo, useId, useState } from 'react';
import type { AdminUser } from '@/api/client/types.gen.ts';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatCount, formatMoney } from '@/format/money.ts';
import { useInstance, useUser } from '@/session/session.ts';
import { adminWords } from '@/strings-account.ts';
import { UserPanel } from './user-panel.tsx';

const words = adminWords.users;

/** An account in the list; opened, it shows what can be done about it. */
export const UserRow = memo(function UserRow({ user }: { user: AdminUser }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const me = useUser();
  const mail = useInstance()?.mail ?? true;
  return (
    <div className="px-4 py-3.5 sm:px-5">
      <div className="flex items-start justify-between gap-x-4">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium break-words">
            <bdi className="min-w-0 [overflow-wrap:anywhere]">{user.name}</bdi>
            {user.id === me.id && <Badge>{words.you}</Badge>}
            {user.role === 'admin' && <Badge tone="accent">{words.admin}</Badge>}
            {user.disabled && <Badge tone="danger">{words.disabled}</Badge>}
            {mail && !user.emailVerified && <Badge tone="warning">{words.unconfirmed}</Badge>}
            {user.twoFactorEnabled && <Badge tone="success">{words.twoFactor}</Badge>}
          </p>
          <p className="text-sm break-all text-muted-foreground">{user.email}</p>
          <p className="mt-1 flex flex-wrap gap-x-4 text-sm text-muted-foreground">
            <span>
              {user.lastSeenAt ? (
                <>
                  {words.seen} <RelativeTime at={user.lastSeenAt} />
                </>
              ) : (
                words.neverSeen
              )}
            </span>
            <span>{words.articles(formatCount(user.usage.articles), user.usage.articles)}</span>
            <span>{words.spent(formatMoney(user.usage.spentThisMonthMicroUsd))}</span>
            {user.usage.pipelinesRunning > 0 && <span>{words.running(user.usage.pipelinesRunning)}</span>}
          </p>
        </div>
        <Button
          size="small"
          aria-expanded={open}
          aria-controls={id}
          aria-label={words.manageOf(user.name)}
          onClick={() => setOpen((before) => !before)}
        >
          {words.manage}
          <ChevronDown aria-hidden="true" className={open ? 'rotate-180' : ''} />
        </Button>
      </div>
      <div id={id}>{open && <UserPanel user={user} />}</div>
    </div>
  );
});
