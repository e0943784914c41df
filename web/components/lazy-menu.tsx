import { type ComponentProps, lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from 'react';

interface LazyMenuProps {
  /** The button that opens it; it looks the same before and after its menu is there. */
  trigger: ComponentProps<'button'>;
  /** Brings what the menu is made of. */
  load: () => Promise<{ default: (props: { trigger: ReactNode }) => ReactNode }>;
}

/** A menu of the frame around every page. It is loaded when a hand comes near it, so that no page waits for it. */
export function LazyMenu({ trigger, load }: LazyMenuProps) {
  const [opened, setOpened] = useState<'by hand' | 'by keyboard' | null>(null);
  const Menu = useMemo(() => lazy(load), [load]);
  const near = () => void load();
  if (opened) {
    const button = <button type="button" {...trigger} />;
    return (
      <Suspense fallback={button}>
        <Menu trigger={button} />
        {opened === 'by keyboard' && <FirstItemFocused />}
      </Suspense>
    );
  }
  return (
    <button
      type="button"
      aria-haspopup="menu"
      aria-expanded="false"
      onPointerEnter={near}
      onFocus={near}
      onClick={(event) => setOpened(event.detail === 0 ? 'by keyboard' : 'by hand')}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowDown') return;
        event.preventDefault();
        setOpened('by keyboard');
      }}
      {...trigger}
    />
  );
}

/** The menu was not there yet when the key was pressed: it would put the focus on its whole, as for a mouse. */
function FirstItemFocused() {
  useEffect(() => {
    const frame = requestAnimationFrame(() =>
      document.querySelector<HTMLElement>('[role="menu"] [role^="menuitem"]')?.focus(),
    );
    return () => cancelAnimationFrame(frame);
  }, []);
  return null;
}
