import { Monitor, Moon, Sun } from 'lucide-react';
import { t } from '@/strings.ts';
import { setTheme, type Theme, useTheme } from './theme.ts';
import { Button } from './ui/button.tsx';

const order: Theme[] = ['system', 'light', 'dark'];
const icons = { system: Monitor, light: Sun, dark: Moon };

/** One button that goes through device, light and dark, and says which one holds. */
export function ThemeToggle({ labelled = false }: { labelled?: boolean }) {
  const theme = useTheme();
  const Icon = icons[theme];
  const next = order[(order.indexOf(theme) + 1) % order.length] ?? 'system';
  return (
    <Button
      variant="ghost"
      size={labelled ? 'small' : 'icon'}
      className={labelled ? 'justify-start px-2.5' : ''}
      onClick={() => setTheme(next)}
      aria-label={t.shell.theme(t.shell.themes[theme])}
      title={t.shell.theme(t.shell.themes[theme])}
    >
      <Icon aria-hidden="true" />
      {labelled && t.shell.themes[theme]}
    </Button>
  );
}
