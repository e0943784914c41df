import { SectionLayout } from '@/components/sections.tsx';
import { t } from '@/strings.ts';
import { topicImportWords, watchingWords } from '@/strings-topic-intake.ts';

/** What there is to write about, and where it comes from. */
export const TopicsLayout = () => (
  <SectionLayout
    label={t.topics.title}
    sections={[
      { to: '/topics', label: t.topics.backlog },
      { to: '/topics/import', label: topicImportWords.title },
      { to: '/topics/sources', label: watchingWords.title },
    ]}
  />
);
