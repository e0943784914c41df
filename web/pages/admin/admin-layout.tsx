import { SectionLayout } from '@/components/sections.tsx';
import { useUser } from '@/session/session.ts';
import { adminWords } from '@/strings-account.ts';
import { backupWords } from '@/strings-backups.ts';
import { statusWords } from '@/strings-status.ts';
import { NotFoundPage } from '../error-pages.tsx';

const words = adminWords.sections;
const sections = [
  { to: '/admin', label: statusWords.section },
  { to: '/admin/users', label: words.users },
  { to: '/admin/spending', label: words.spending },
  { to: '/admin/invitations', label: words.invitations },
  { to: '/admin/emails', label: words.emails },
  { to: '/admin/backups', label: backupWords.section },
  { to: '/admin/prices', label: words.prices },
  { to: '/admin/log', label: words.log },
] as const;

/** The admin's pages. The server decides who may see what is in them; others are simply not shown that there are any. */
export function AdminLayout() {
  if (useUser().role !== 'admin') return <NotFoundPage />;
  return <SectionLayout label={adminWords.title} sections={sections} />;
}
