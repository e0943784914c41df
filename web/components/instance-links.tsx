import { useInstance } from '@/session/session.ts';
import { landingWords as words } from '@/strings-landing.ts';

const names = ['terms', 'privacy', 'source'] as const;

/** Where terms, privacy notice and source are, as far as whoever runs this instance has set them. */
export function useInstanceLinks(): { name: (typeof names)[number]; href: string }[] {
  const links = useInstance()?.links;
  return names.flatMap((name) => {
    const href = links?.[name];
    return href ? [{ name, href }] : [];
  });
}

/** The links to them; nothing where none is set. */
export function InstanceLinks({ className }: { className?: string }) {
  return useInstanceLinks().map(({ name, href }) => (
    <a key={name} href={href} rel="noreferrer" className={className}>
      {words[name]}
    </a>
  ));
}
