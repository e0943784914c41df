import { wordsOf } from './language.ts';

/** The words for what an edit has left behind: on sites, and in the texts around an article. */
export const editedWords = wordsOf('editedWords', {
  outdated: {
    title: (sites: string) => `Changed since it was published: ${sites} still shows the text as it was before`,
    text: 'What has changed here goes there only when you say so.',
    textWriting: 'What you write here goes there only when you say so.',
    update: 'Update the post',
    sent: 'The update is on its way.',
  },
  stale: {
    title: 'An edit has left this behind',
    fields: { metaTitle: 'Title for search', metaDescription: 'Description for search', excerpt: 'Excerpt' },
    gone: (words: string) => `speaks of ${words}, which the text no longer does`,
  },
});
