import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { LogOut, ShieldCheck, UserRound } from 'lucide-react';
import { signOut } from '@/pages/door/sign-in.ts';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { toast } from './toaster.tsx';
import { DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuTrigger } from './ui/dropdown-menu.tsx';

/** Who is signed in, the way to their account, and the way out. */
export function UserMenu({ labelled = false }: { labelled?: boolean }) {
  const user = useUser();
  const queries = useQueryClient();
  const leave = useMutation({ mutationFn: () => signOut(queries), onError: (problem) => toast(problem.message) });
  return (
    <DropdownMenu>
      <DropdownMenuTrigger
        className={
          labelled
            ? 'flex min-w-0 items-center gap-2.5 rounded-lg px-2 py-1.5 text-left hover:bg-muted data-[state=open]:bg-muted'
            : 'grid size-10 place-items-center rounded-lg hover:bg-muted'
        }
      >
        {/* What can be seen is part of the name, for those who speak to their computer. */}
        <span className="sr-only">{t.shell.userMenu}</span>
        <span
          aria-hidden={labelled}
          className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft text-[0.8125rem] font-semibold text-accent"
        >
          {initials(user.name)}
        </span>
        {labelled && (
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm font-medium">{user.name}</span>
            <span className="block truncate text-xs text-muted-foreground">{user.email}</span>
          </span>
        )}
      </DropdownMenuTrigger>
      <DropdownMenuContent align={labelled ? 'start' : 'end'} side={labelled ? 'top' : 'bottom'} className="max-w-72">
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
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

/** The first letters of the first and the last word of a name. */
function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toLocaleUpperCase() || '?';
}
