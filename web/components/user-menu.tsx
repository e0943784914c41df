import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { LazyMenu } from './lazy-menu.tsx';

const load = () => import('./user-menu-items.tsx');

/** Who is signed in, the way to their account, and the way out. */
export function UserMenu({ labelled = false }: { labelled?: boolean }) {
  const user = useUser();
  return (
    <LazyMenu
      load={load}
      trigger={{
        className: labelled
          ? 'flex min-w-0 items-center gap-2.5 rounded-lg px-2 py-1.5 text-left hover:bg-muted data-[state=open]:bg-muted'
          : 'grid size-10 place-items-center rounded-lg hover:bg-muted',
        children: (
          <>
            {/* What can be seen is part of the name, for those who speak to their computer. */}
            <span className="sr-only">{t.shell.userMenu}</span>
            <span
              aria-hidden={labelled}
              dir="auto"
              className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft text-[0.8125rem] font-semibold text-accent"
            >
              {initials(user.name)}
            </span>
            {labelled && (
              <span className="min-w-0 flex-1">
                <span dir="auto" className="block truncate text-sm font-medium">
                  {user.name}
                </span>
                <span className="block truncate text-xs text-muted-foreground">{user.email}</span>
              </span>
            )}
          </>
        ),
      }}
    />
  );
}

/** The first letters of the first and the last word of a name. */
function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toLocaleUpperCase() || '?';
}
