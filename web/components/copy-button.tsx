import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { t } from '@/strings.ts';
import { toast } from './toaster.tsx';
import { Button } from './ui/button.tsx';

/** Copies a text. Where the browser does not allow it (plain http), the text stands beside it to be selected. */
export function CopyButton({ text, children = t.form.copy }: { text: string; children?: ReactNode }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast(t.form.copied);
    } catch (error) {
      console.info('The browser refused to copy.', error);
      toast(t.form.copyRefused);
    }
  };
  return (
    <Button size="small" onClick={() => void copy()}>
      <Copy aria-hidden="true" />
      {children}
    </Button>
  );
}
