import { Copy } from 'lucide-react';
import type { Article } from '@/api/client/types.gen.ts';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { t } from '@/strings.ts';

/** Takes the article along, as Markdown or HTML. */
export function CopyMenu({ article }: { article: Article }) {
  const copy = async (text: string, done: string) => {
    try {
      await navigator.clipboard.writeText(text);
      toast(done);
    } catch (error) {
      console.warn('The browser refused to copy.', error);
      toast(t.article.copyRefused);
    }
  };
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button size="small">
          <Copy aria-hidden="true" />
          {t.article.copy}
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent>
        <DropdownMenuItem
          onSelect={() => void copy(`# ${article.title}\n\n${article.markdown}`, t.article.copiedMarkdown)}
        >
          {t.article.copyMarkdown}
        </DropdownMenuItem>
        <DropdownMenuItem onSelect={() => void copy(article.html, t.article.copiedHtml)}>
          {t.article.copyHtml}
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
