import { useQueryClient } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useState } from 'react';
import { updateMe } from '@/api/client/sdk.gen.ts';
import type { User } from '@/api/client/types.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { SectionPage, SettingsCard } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { rememberUser, useInstance, useUser } from '@/session/session.ts';
import { settingsWords } from '@/strings-settings.ts';

const words = settingsWords.mails;
type Kind = User['mutedMails'][number];
const kinds = Object.keys(words.kinds) as Kind[];

/** Which mails one gets. A tick counts at once; where the server refuses it, it is taken back. */
export function NotificationsPage() {
  const user = useUser();
  const mail = useInstance()?.mail ?? true;
  const queries = useQueryClient();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  // What was chosen and is not saved yet: a tick that only moved with the answer would jump back in between.
  const [chosen, setChosen] = useState<Kind[] | null>(null);
  const muted = chosen ?? user.mutedMails;
  const choose = async (kind: Kind, wanted: boolean) => {
    const mutedMails = wanted ? muted.filter((each) => each !== kind) : [...muted, kind];
    setChosen(mutedMails);
    setProblem(null);
    try {
      rememberUser(queries, (await updateMe({ body: { mutedMails }, throwOnError: true })).data);
      toast((wanted ? words.on : words.off)(words.kinds[kind].label));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      setChosen((present) => (present === mutedMails ? null : present));
    }
  };
  return (
    <SectionPage title={words.title} intro={words.intro(user.email)}>
      {!mail && <Notice tone="warning" title={words.noMail} />}
      <SettingsCard title={words.choose}>
        <ul className="grid gap-1">
          {kinds.map((kind) => (
            <li key={kind}>
              <label className="-mx-2 flex cursor-pointer items-start gap-3 rounded-lg px-2 py-2 hover:bg-muted/60">
                <input
                  type="checkbox"
                  checked={!muted.includes(kind)}
                  onChange={(event) => void choose(kind, event.target.checked)}
                  className="mt-1 size-4 shrink-0 accent-accent"
                />
                <span>
                  <span className="text-sm font-medium">{words.kinds[kind].label}</span>
                  <span className="block text-sm text-muted-foreground">{words.kinds[kind].hint}</span>
                </span>
              </label>
            </li>
          ))}
        </ul>
        {problem && <ProblemNotice problem={problem} />}
      </SettingsCard>
      <SettingsCard title={words.always} intro={words.alwaysIntro}>
        <ul className="grid gap-2">
          {words.alwaysKinds.map((kind) => (
            <li key={kind} className="flex items-start gap-3 text-sm">
              <Check aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
              {kind}
            </li>
          ))}
        </ul>
      </SettingsCard>
    </SectionPage>
  );
}
