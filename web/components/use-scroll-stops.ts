import { useEffect } from 'react';

/** Lets the keyboard into tables and blocks of code that are wider than their column, as only there it can scroll them. */
export function useScrollStops(root: { readonly current: HTMLElement | null }, html: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text has other tables
  useEffect(() => {
    if (!root.current) return;
    const parts = root.current.querySelectorAll<HTMLElement>('table, pre');
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        if (target.scrollWidth > target.clientWidth) target.setAttribute('tabindex', '0');
        else target.removeAttribute('tabindex');
      }
    });
    for (const part of parts) observer.observe(part);
    return () => observer.disconnect();
  }, [root, html]);
}
