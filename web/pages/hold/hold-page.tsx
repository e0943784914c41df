import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import {
  approveArticleMutation,
  holdByMailMutation,
  lookAtHoldMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Hold } from '@/api/client/types.gen.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatSiteTime } from '@/format/site-time.ts';
import { sessionOptions } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { holdWords as words } from '@/strings-schedules.ts';
import { DoorPage, LogInLink } from '../door/door-page.tsx';
import { useMailedToken } from '../door/use-mailed-token.ts';

/**
 * What the link of a hold mail opens: nothing happens until its button is pressed, because mail scanners open links. It
 * works without signing in; letting the article go after all does not.
 */
export function HoldPage() {
  const token = useMailedToken();
  const look = useMutation(lookAtHoldMutation());
  const { mutate } = look;
  const looked = useRef<string | null>(null);
  useEffect(() => {
    if (token === null || looked.current === token) return;
    looked.current = token;
    mutate({ body: { token } });
  }, [token, mutate]);
  if (token === null) return <DoorPage title={words.noToken} intro={words.noTokenText} below={<LogInLink />} />;
  if (look.error) {
    const invalid = look.error.code === 'link_invalid';
    return (
      <DoorPage title={invalid ? words.invalid : words.title} below={<LogInLink />}>
        <ProblemNotice problem={look.error} />
        {!invalid && <Button onClick={() => mutate({ body: { token } })}>{t.common.tryAgain}</Button>}
      </DoorPage>
    );
  }
  if (!look.data) {
    return (
      <DoorPage title={words.title}>
        <p role="status" className="text-muted-foreground">
          {words.looking}
        </p>
      </DoorPage>
    );
  }
  return <Found key={token} token={token} found={look.data} onLook={() => mutate({ body: { token } })} />;
}

function Found({ token, found, onLook }: { token: string; found: Hold; onLook: () => void }) {
  const queries = useQueryClient();
  const signedIn = queries.getQueryData(sessionOptions.queryKey)?.user != null;
  const [released, setReleased] = useState(false);
  const hold = useMutation({
    ...holdByMailMutation(),
    // Somebody else may have decided meanwhile: the page then says what.
    onError: (error) => {
      if (error.code === 'link_invalid') onLook();
    },
  });
  const approve = useMutation({ ...approveArticleMutation(), onSuccess: () => setReleased(true) });
  const { title, articleId, siteName, endsAt, endsAtLocal } = found;
  const state = released ? 'released' : (hold.data?.state ?? found.state);
  const toArticle = (label: string) => (
    <Button asChild>
      <Link to="/articles/$articleId" params={{ articleId }}>
        {label}
      </Link>
    </Button>
  );
  if (state === 'running') {
    return (
      <DoorPage title={words.title}>
        <p className="[overflow-wrap:anywhere]">
          <strong className="font-semibold">{title}</strong> {siteName ? words.running(siteName) : words.runningNoSite}{' '}
          {endsAt && (
            <>
              <RelativeTime at={endsAt} />
              {endsAtLocal && <>, {formatSiteTime(endsAtLocal)},</>}
            </>
          )}{' '}
          {words.unless}
        </p>
        {hold.error && <ProblemNotice problem={hold.error} />}
        <div className="flex flex-wrap gap-2">
          <Button variant="primary" disabled={hold.isPending} onClick={() => hold.mutate({ path: { token } })}>
            {hold.isPending ? words.holding : words.hold}
          </Button>
          {toArticle(words.edit)}
        </div>
      </DoorPage>
    );
  }
  if (state === 'held') {
    return (
      <DoorPage title={words.held} intro={<span role="status">{words.heldText(title)}</span>}>
        {approve.error && <ProblemNotice problem={approve.error} />}
        <div className="flex flex-wrap gap-2">
          {toArticle(words.edit)}
          {signedIn ? (
            <Button
              variant="ghost"
              disabled={approve.isPending}
              onClick={() => approve.mutate({ path: { id: articleId } })}
            >
              {approve.isPending ? words.undoing : words.undo}
            </Button>
          ) : (
            <Button variant="ghost" asChild>
              <Link to="/login" search={{ next: `/articles/${articleId}` }}>
                {words.undoSignIn}
              </Link>
            </Button>
          )}
        </div>
      </DoorPage>
    );
  }
  const [heading, text] =
    state === 'released' ? [words.released, words.releasedText(title)] : [words.over, words.overText(title)];
  return (
    <DoorPage title={heading} intro={<span role="status">{text}</span>}>
      <div className="flex flex-wrap gap-2">{toArticle(words.toArticle)}</div>
    </DoorPage>
  );
}
