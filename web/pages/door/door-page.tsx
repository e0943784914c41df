import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { InstanceLinks } from '@/components/instance-links.tsx';
import { LanguageChoice } from '@/components/language-choice.tsx';
import { ThemeToggle } from '@/components/theme-toggle.tsx';
import { Card } from '@/components/ui/card.tsx';
import { t } from '@/strings.ts';

/** The frame of the pages before one is signed in: one sheet, one thing to do. */
export function DoorPage({
  title,
  intro,
  below,
  children,
}: {
  title: string;
  intro?: ReactNode;
  /** Under the sheet: the ways to the other doors. */
  below?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="flex min-h-dvh flex-col">
      <title>{`${title} · ${t.shell.product}`}</title>
      <header className="flex h-14 items-center justify-end px-3">
        <ThemeToggle />
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto flex w-full max-w-[27rem] flex-1 flex-col px-4 pt-2 pb-10 sm:justify-center sm:pb-16"
      >
        <p className="mb-6 flex justify-center text-lg font-semibold tracking-tight">
          {/* A new beginning: whoever was just shown out sees the front of the house again. */}
          <a href="/" className="flex items-center gap-2.5 rounded-md">
            <img src="/icon.svg" alt="" className="size-7" />
            {t.shell.product}
          </a>
        </p>
        <Card className="p-5 sm:p-7">
          <h1 className="text-xl font-semibold tracking-tight text-balance">{title}</h1>
          {intro && <p className="mt-1.5 text-muted-foreground">{intro}</p>}
          {children && <div className="mt-5 grid grid-cols-1 gap-5">{children}</div>}
        </Card>
        {below && <div className="mt-5 grid justify-items-center gap-2 text-center text-sm">{below}</div>}
      </main>
      <footer className="grid gap-2 px-4 pb-5">
        <LanguageChoice />
        <div className="flex flex-wrap justify-center gap-x-5 gap-y-1 text-sm empty:hidden">
          <InstanceLinks className="text-muted-foreground underline-offset-4 hover:text-foreground hover:underline" />
        </div>
      </footer>
    </div>
  );
}

const textLink = 'text-accent underline underline-offset-4 hover:decoration-2';

/** The way to the log-in page. */
export function LogInLink({ children = t.door.logIn }: { children?: ReactNode }) {
  return (
    <Link to="/login" search={keepNext} className={textLink}>
      {children}
    </Link>
  );
}

/** The way to the page that makes an account. */
export function RegisterLink() {
  return (
    <Link to="/register" search={keepNext} className={textLink}>
      {t.door.register.title}
    </Link>
  );
}

/** The way to a new password. */
export function ForgotLink({ children = t.door.login.forgot }: { children?: ReactNode }) {
  return (
    <Link to="/forgot-password" className={textLink}>
      {children}
    </Link>
  );
}

/** Where one wanted to go stays known from door to door. */
const keepNext = (before: { next?: string }) => (before.next === undefined ? {} : { next: before.next });
