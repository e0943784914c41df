import { SectionLayout } from '@/components/sections.tsx';
import { accountWords } from '@/strings-account.ts';

const words = accountWords.sections;
const sections = [
  { to: '/account', label: words.profile },
  { to: '/account/writing', label: words.writing },
  { to: '/account/notifications', label: words.notifications },
  { to: '/account/security', label: words.security },
  { to: '/account/sessions', label: words.sessions },
  { to: '/account/api-keys', label: words.apiKeys },
  { to: '/account/own-keys', label: words.ownKeys },
  { to: '/account/webhooks', label: words.webhooks },
  { to: '/account/log', label: words.log },
] as const;

/** The settings of one's own account. */
export const AccountLayout = () => <SectionLayout label={accountWords.title} sections={sections} />;
