import { Link } from '@tanstack/react-router';
import { Button } from '@/components/ui/button.tsx';
import { autopilotWords } from '@/strings-schedules.ts';

/** The way from a site to its autopilot. */
export function AutopilotLink({ siteId }: { siteId: string }) {
  return (
    <Button size="small" variant="ghost" asChild>
      <Link to="/sites/$siteId/autopilot" params={{ siteId }}>
        {autopilotWords.link}
      </Link>
    </Button>
  );
}
