import { SectionLayout } from '@/components/sections.tsx';
import { t } from '@/strings.ts';

/** What there is to write about, and where it comes from. */
export const TopicsLayout = () => (
  <SectionLayout
    label={t.topics.title}
    sections={[
      { to: '/topics', label: t.topics.backlog },
      { to: '/topics/import', label: t.topicImport.title },
      { to: '/topics/sources', label: t.watching.title },
    ]}
  />
);
