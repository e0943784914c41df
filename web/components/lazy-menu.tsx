import { type ComponentProps, lazy, type ReactNode, Suspense, useMemo, useState } from 'react';

interface LazyMenuProps {
  /** The button that opens it; it looks the same before and after its menu is there. */
  trigger: ComponentProps<'button'>;
  /** Brings what the menu is made of. */
  load: () => Promise<{ default: (props: { trigger: ReactNode }) => ReactNode }>;
}

/** A menu of the frame around every page. It is loaded when a hand comes near it, so that no page waits for it. */
export function LazyMenu({ trigger, load }: LazyMenuProps) {
  const [opened, setOpened] = useState(false);
  const Menu = useMemo(() => lazy(load), [load]);
  const near = () => void load();
  if (opened) {
    const button = <button type="button" {...trigger} />;
    return (
      <Suspense fallback={button}>
        <Menu trigger={button} />
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
      onClick={() => setOpened(true)}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowDown') return;
        event.preventDefault();
        setOpened(true);
      }}
      {...trigger}
    />
  );
}
