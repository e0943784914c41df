import { useLocation, useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

/**
 * The token of a link in a mail, `#token=…`; null when the page was opened without one. It is taken out of the address
 * at once: whoever looks at the screen, the history or a copied address does not get it.
 */
export function useMailedToken(): string | null {
  const router = useRouter();
  const hash = useLocation({ select: (location) => location.hash });
  const [token, setToken] = useState(() => tokenIn(hash));
  useEffect(() => {
    const found = tokenIn(hash);
    if (found === null) return;
    // A second mail's link in the same tab changes nothing but the hash.
    setToken(found);
    router.history.replace(`${window.location.pathname}${window.location.search}`);
  }, [hash, router]);
  return token;
}

const tokenIn = (hash: string) => new URLSearchParams(hash.replace(/^#/, '')).get('token') || null;
