/** A key, as it looks on a keyboard. */
export function KeyCap({ children }: { children: string }) {
  return (
    <kbd className="grid h-5.5 min-w-5.5 place-items-center rounded whitespace-nowrap border border-border bg-muted px-1.5 font-mono text-xs text-foreground">
      {children}
    </kbd>
  );
}

/** What the key beside the space bar is called on this device. */
export const commandKey = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';
