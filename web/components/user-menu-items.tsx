import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { LogOut, ShieldCheck, UserRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { signOut } from '@/pages/door/sign-in.ts';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { landingWords } from '@/strings-landing.ts';
import { useInstanceLinks } from './instance-links.tsx';
import { useMediaQuery } from './media-query.ts';
import { toast } from './toaster.tsx';
import { DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuTrigger } from './ui/dropdown-menu.tsx';

/** What the menu of the account holds. It is made when it is asked for, and so begins open. */
export default function UserMenuItems({ trigger }: { trigger: ReactNode }) {
  const user = useUser();
  const queries = useQueryClient();
  // On a desk the button stands at the bottom of the sidebar, on a phone at the top.
  const desk = useMediaQuery('(min-width: 64rem)');
  const given = useInstanceLinks();
  const leave = useMutation({ mutationFn: () => signOut(queries), onError: (problem) => toast(problem.message) });
  return (
    <DropdownMenu defaultOpen>
      <DropdownMenuTrigger asChild>{trigger}</DropdownMenuTrigger>
      <DropdownMenuContent align={desk ? 'start' : 'end'} side={desk ? 'top' : 'bottom'} className="max-w-72">
        <div className="px-2.5 pt-1.5 pb-2">
          <p className="truncate text-sm font-medium">{user.name}</p>
          <p className="truncate text-xs text-muted-foreground">{user.email}</p>
        </div>
        <DropdownMenuItem asChild>
          <Link to="/account">
            <UserRound aria-hidden="true" />
            {t.shell.account}
          </Link>
        </DropdownMenuItem>
        {user.role === 'admin' && (
          <DropdownMenuItem asChild>
            <Link to="/admin">
              <ShieldCheck aria-hidden="true" />
              {t.shell.admin}
            </Link>
          </DropdownMenuItem>
        )}
        <DropdownMenuItem disabled={leave.isPending} onSelect={() => leave.mutate()}>
          <LogOut aria-hidden="true" />
          {t.shell.logOut}
        </DropdownMenuItem>
        {given.length > 0 && (
          <div className="mt-1 flex flex-wrap border-t border-border pt-1">
            {given.map(({ name, href }) => (
              <DropdownMenuItem key={name} asChild>
                <a href={href} target="_blank" rel="noreferrer" className="text-xs text-muted-foreground">
                  {landingWords[name]}
                </a>
              </DropdownMenuItem>
            ))}
          </div>
        )}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
