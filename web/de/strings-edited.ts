import type { Words } from '../language.ts';
import type { editedWords as english } from '../strings-edited.ts';

export const editedWords: Words<typeof english> = {
  outdated: {
    title: (sites) => `Seit der Veröffentlichung geändert, noch mit dem Text von vorher: ${sites}`,
    text: 'Was sich hier geändert hat, geht nur dorthin, wenn du es sagst.',
    textWriting: 'Was du hier schreibst, geht nur dorthin, wenn du es sagst.',
    update: 'Beitrag aktualisieren',
    sent: 'Die Aktualisierung ist unterwegs.',
  },
  stale: {
    title: 'Das ist nach einer Änderung überholt',
    fields: {
      metaTitle: 'Titel für die Suche',
      metaDescription: 'Beschreibung für die Suche',
      excerpt: 'Textauszug',
    },
    gone: (words) => `spricht von ${words}, wovon im Text nichts mehr steht`,
  },
};
