import { wordsOf } from './language.ts';

/** The words of the page that shows an article as a site will. */
export const previewWords = wordsOf('previewWords', {
  title: 'Preview',
  of: (title: string) => `Preview of “${title}”`,
  back: 'Back to the article',
  site: 'As it looks on',
  noSite: 'No site, plainly',
  width: 'Width',
  widths: { desktop: 'Desktop', phone: 'Phone' },
  frame: (site: string) => `The article as ${site} will show it`,
  frameNoSite: 'The article, plainly',
  reading: 'Reading how the site shows its posts …',
  looks: {
    theme: (site: string) => `As ${site} shows its posts, going by one of them:`,
    styles: (site: string) => `In the styles of ${site}. No public post of it could be taken as an example; read was:`,
    plain: 'Shown plainly, in the width and letters of a page that is made for reading.',
  },
  readAt: 'Read',
  saved: 'What is saved is shown.',
  notExact: 'What is not as it will be',
  differences: {
    surroundings: 'Menus, side bars, author, date and comments are left out.',
    fonts: 'The fonts of the theme are not loaded; fonts of your device stand in for them.',
    theme_images: 'Pictures and patterns that the theme draws with are missing.',
    scripts: 'Nothing moves or opens that a script of the site would move or open.',
    arrangement: 'Where title, picture and text stand is usual for WordPress, not taken from the site.',
    styles: 'Some style sheets of the site could not be read.',
    pictures: 'Pictures from other servers stand in brackets, by their description.',
    card: 'The title card is drawn when the article is published; stripes stand in its place.',
    kept_blocks: 'Blocks of the site that the article keeps in their place are not shown.',
  },
  problem: 'The site could not be read',
  again: 'Read the site again',
});
