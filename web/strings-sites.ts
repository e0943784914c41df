import { wordsOf } from './language.ts';

/** The words for how posts are made on a site. */
export const postDefaultWords = {
  categories: 'Categories',
  tags: 'Tags',
  termsHint: 'Enter or a comma adds one. What the site does not have yet is made there.',
  addTerm: (kind: string) => `Add to ${kind.toLowerCase()}`,
  removeTerm: (name: string) => `Remove ${name}`,
  author: 'Author',
  authorSelf: 'The connected user',
  authorOther: (id: number) => `User ${id} of the site`,
  comments: 'Comments',
  commentChoices: { site: 'As the site does it', open: 'Open', closed: 'Closed' },
  template: 'Template',
  templateOwn: 'The theme’s own choice',
  featuredImage: 'Featured image',
  featuredImages: { card: 'Title card', none: 'None' },
  featuredImageHint: 'A title card is drawn from the title, at no cost, for articles without an image of their own.',
  ownColours: 'Choose the colours of the card',
  cardBackground: 'Background',
  cardText: 'Text',
  jsonLd: 'Structured data (JSON-LD)',
  jsonLdChoices: { auto: 'Unless an SEO plugin writes it', never: 'Never' },
  notRead: 'The site was not asked for its categories, tags and authors:',
};

/** The words for connecting a site, and for its card. */
export const connectWords = wordsOf('connectWords', {
  title: 'Connect a site',
  reconnect: 'Connect again',
  reconnectTitle: (name: string) => `Connect ${name} again`,
  intro: 'You say yes on your own site, signed in there as a user who may write posts. No plugin is needed.',
  connect: 'Connect',
  connecting: 'Looking at the site …',
  leaving: 'Going to your site …',
  typeInstead: 'Enter user name and Application Password',
  byHand: {
    title: 'Your site shows the password, and you copy it here',
    why: 'blog-poster runs without https, so WordPress does not send the password by itself.',
    steps: [
      'Open the page below, sign in there if it asks, and choose “Yes, I approve of this connection”.',
      'Copy the password that it shows.',
      'Enter it here, with your user name on the site.',
    ],
    open: 'Open the page on your site',
    newTab: '(opens in a new tab)',
  },
  done: (name: string) => `${name} is connected`,
  renewed: (name: string) => `${name} is connected anew`,
  renewedHint:
    'This account had the site with this user already, so it got the new password instead of a second entry. Its name and settings are as they were.',
  doneHint: 'What the first look at it found stands below. Its settings say how posts are made there.',
  problemTitle: 'The site was not connected',
  problems: {
    signed_out: {
      what: 'You were signed out when your site sent you back, so the password was not kept.',
      next: 'Connect the site again. The unused password “blog-poster” can be revoked on your site under Users › Profile.',
    },
    unknown: {
      what: 'Your site sent you back with a connection that nobody has begun here.',
      next: 'Begin from here: enter the address of your site.',
    },
    expired: {
      what: 'More than 15 minutes passed before your site sent you back.',
      next: 'Connect the site again. The unused password “blog-poster” can be revoked on your site under Users › Profile.',
    },
    used: {
      what: 'This connection was finished before; each works once.',
      next: 'Look below whether the site is there. If it is not, connect it again.',
    },
    other_user: {
      what: 'This connection was begun by another account, so nothing was kept.',
      next: 'If somebody sent you the link, revoke the password “blog-poster” on your site under Users › Profile.',
    },
    denied: {
      what: 'You chose not to approve the connection on your site.',
      next: 'Nothing was stored. You can connect it whenever you like.',
    },
    other_site: {
      what: 'Another site answered than the one that was asked, so nothing was kept.',
      next: 'Enter the address that WordPress calls its own (Settings › General), or enter user name and password.',
    },
    already_connected: {
      what: 'You approved there as a user with whom this site is connected here already, so nothing was changed.',
      next: 'Sign in on your site as the user of the site that you want to connect again, or delete one of the two.',
    },
    incomplete: {
      what: 'Your site sent you back without a user name or password.',
      next: 'Connect it again, or enter user name and Application Password.',
    },
    failed: {
      what: 'The connection could not be stored.',
      next: 'Connect the site again, or enter user name and Application Password.',
    },
  },
  paused: 'Paused',
  pausedBy: {
    user: 'You have paused its queue. Nothing is sent there until you resume it.',
    site: 'blog-poster has paused its queue, because the site does not take posts. It goes on by itself once a check finds that it does; resume it to try at once.',
  },
  pausedSince: 'Paused',
  failingSince: 'Not working since',
  serverLines: 'Lines to copy',
  settings: 'Settings',
  settingsOf: (name: string) => `Settings of ${name}`,
  settingsIntro: 'How posts are made there, unless an article asks for something else.',
  status: 'New posts are',
  statuses: { draft: 'Drafts', publish: 'Public' },
  voice: 'Voice',
  voiceHint: 'For articles that are written for this site and name no voice of their own.',
  language: 'Language',
  languageAny: 'As the article says',
});
