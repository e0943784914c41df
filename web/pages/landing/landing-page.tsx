import { Link } from '@tanstack/react-router';
import { ArrowRight, Check } from 'lucide-react';
import { InstanceLinks } from '@/components/instance-links.tsx';
import { ThemeToggle } from '@/components/theme-toggle.tsx';
import { Button } from '@/components/ui/button.tsx';
import { useInstance } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { landingWords } from '@/strings-landing.ts';
import { ProductPicture } from './product-picture.tsx';

const words = landingWords;
const quiet = 'text-muted-foreground underline-offset-4 hover:text-foreground hover:underline';

/** What this is, for who comes to it for the first time: what it does, what it holds to, and the two doors. */
export function LandingPage() {
  const instance = useInstance();
  const signUps = instance?.signUps ?? 'closed';
  return (
    <div className="flex min-h-dvh flex-col">
      <title>{`${words.title} · ${t.shell.product}`}</title>
      <header className="mx-auto flex h-16 w-full max-w-6xl items-center justify-between px-4 sm:px-8">
        <p className="flex items-center gap-2.5 font-semibold tracking-tight">
          <img src="/icon.svg" alt="" className="size-7" />
          {t.shell.product}
        </p>
        <div className="flex items-center gap-1.5">
          <ThemeToggle />
          <Button asChild>
            <Link to="/login">{words.logIn}</Link>
          </Button>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-4 pb-20 sm:px-8">
        <div className="grid grid-cols-1 items-center gap-x-14 gap-y-12 py-10 lg:grid-cols-[minmax(0,1fr)_minmax(0,30rem)] lg:py-20">
          <div>
            <h1 className="max-w-[17ch] text-4xl leading-[1.1] font-semibold tracking-tight text-balance sm:text-5xl">
              {words.heading}
            </h1>
            <p className="mt-5 max-w-[34rem] text-lg leading-relaxed text-muted-foreground text-pretty">
              {words.intro}
            </p>
            <div className="mt-8 flex flex-wrap items-center gap-3">
              {signUps === 'open' ? (
                <Button variant="primary" size="large" asChild>
                  <Link to="/register">
                    {words.register}
                    <ArrowRight aria-hidden="true" />
                  </Link>
                </Button>
              ) : (
                <Button variant="primary" size="large" asChild>
                  <Link to="/login">
                    {words.logIn}
                    <ArrowRight aria-hidden="true" />
                  </Link>
                </Button>
              )}
            </div>
            {signUps !== 'open' && (
              <p className="mt-4 max-w-md text-sm text-muted-foreground">{words.signUps[signUps]}</p>
            )}
          </div>
          <ProductPicture />
        </div>
        <section aria-labelledby="promises" className="border-t border-border pt-12">
          <h2 id="promises" className="text-xl font-semibold tracking-tight">
            {words.promises}
          </h2>
          <ul className="mt-7 grid grid-cols-1 gap-x-12 gap-y-8 sm:grid-cols-2 lg:grid-cols-3">
            {words.proofs.map(({ title, text }) => (
              <li key={title} className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-3">
                <Check aria-hidden="true" className="mt-1 size-4.5 text-success" />
                <div>
                  <h3 className="font-semibold">{title}</h3>
                  <p className="mt-1 text-muted-foreground text-pretty">{text}</p>
                </div>
              </li>
            ))}
          </ul>
        </section>
      </main>
      <footer className="border-t border-border">
        <nav
          aria-label={words.links}
          className="mx-auto flex w-full max-w-6xl flex-wrap gap-x-6 gap-y-2 px-4 py-6 text-sm sm:px-8"
        >
          <InstanceLinks className={quiet} />
          <a href="/docs" className={quiet}>
            {words.api}
          </a>
        </nav>
      </footer>
    </div>
  );
}
