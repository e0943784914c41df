import { wordsOf } from './language.ts';

/** The words of the pages on how articles sound and which mails there are. */
export const settingsWords = wordsOf('settingsWords', {
  writing: {
    title: 'Writing',
    intro: 'What holds for every article that is asked for without saying otherwise.',
    voiceTitle: 'Voice',
    voice: 'How your articles sound',
    voiceHint:
      'In a few sentences, as you would tell a writer. A brief goes first, then the voice of its site, then this.',
    voicePlaceholder:
      'Plain and friendly. Short sentences. Speak to the reader as “you”, and explain every abbreviation.',
    siteVoices: 'Sites with a voice of their own',
    siteVoicesHint: 'Articles for these sound as their site wants it.',
    siteVoice: (site: string) => `Change the voice of ${site}`,
    models: 'Models',
    modelsIntro:
      'What your articles can be written by, first what this instance asks. Your own choice is made under Own keys.',
    model: 'Model',
    pays: 'Who pays',
    payers: { instance: 'This instance', user: 'You, by your own key' },
    input: 'In',
    output: 'Out',
    perMillion: 'Dollars for a million tokens of what is read and of what is written.',
    place: (place: number) => (place === 1 ? 'Asked first' : `Asked as number ${place}`),
    yours: 'Your default',
    unknownPrice: 'not known',
    toKeys: 'Own keys and default model',
    more: (count: number) => (count === 1 ? 'Show 1 more' : `Show ${count} more`),
  },
  mails: {
    title: 'Notifications',
    intro: (address: string) => `Mails go to ${address}. What is turned off here still stands in the app.`,
    noMail: 'This instance sends no mail. What you choose holds once it does.',
    choose: 'Mails that only tell you something',
    kinds: {
      'site-failing': { label: 'A site fails', hint: 'It does not take posts any more, or takes them again.' },
      'dead-links': { label: 'Dead links', hint: 'An article links to a post of yours that is gone.' },
      'schedule-stopped': { label: 'A schedule comes to nothing', hint: 'It has no more topics, or a limit stops it.' },
      'webhook-disabled': { label: 'A webhook is switched off', hint: 'Its receiver has not answered for long.' },
      'budget-warning': { label: 'Limits', hint: 'Half, four fifths and all of a limit for the month is used.' },
    },
    always: 'Always sent',
    alwaysIntro:
      'These ask for a decision, give you the chance to stop something, or are about access to your account.',
    alwaysKinds: [
      'An article goes public by itself unless you hold it',
      'An article waits for your approval',
      'Your address, password or second factor was changed',
      'Messages of whoever runs this instance',
    ],
    on: (label: string) => `Mails are sent again: ${label}`,
    off: (label: string) => `No more mails: ${label}`,
  },
});
