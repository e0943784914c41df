import { Link } from '@tanstack/react-router';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';

/** The way from a site to its posts. */
export function SitePostsLink({ siteId }: { siteId: string }) {
  return (
    <Button size="small" variant="ghost" asChild>
      <Link to="/sites/$siteId/posts" params={{ siteId }}>
        {t.sitePosts.link}
      </Link>
    </Button>
  );
}
