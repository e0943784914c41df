import { wordsOf } from './language.ts';

/** The words of the page of one's own keys for providers. */
export const ownKeyWords = wordsOf('ownKeyWords', {
  title: 'Own keys',
  intro:
    'With a key of your own for a provider you pay that provider yourself: what is asked with it does not count against your limit on this instance.',
  add: 'Add a key',
  addTitle: 'Add a key',
  replaceTitle: (provider: string) => `Replace the key for ${provider}`,
  provider: 'Provider',
  providers: {
    openai: 'OpenAI (models)',
    anthropic: 'Anthropic (models)',
    google: 'Google (models)',
    brave: 'Brave (search)',
    tavily: 'Tavily (search)',
  },
  key: 'Key',
  keyHint: 'Paste it as the provider shows it. It is stored encrypted and never shown again; here you see its end.',
  showKey: 'Show the key',
  hideKey: 'Hide the key',
  oneWord: 'A key is one word without spaces.',
  submit: 'Check and store',
  busy: 'Asking the provider …',
  stored: 'The key is stored',
  storedUnchecked: 'The key is stored; it is not checked yet',
  empty: 'No keys of your own',
  emptyHint:
    'The instance pays for your articles, within the limit that its admin has set. Enter a key to pay a provider yourself: for that provider your key is used from then on and never that of the instance, not even when yours is refused.',
  status: {
    works: 'Works',
    unchecked: 'Not checked',
    rejected: 'Refused',
    'out-of-credit': 'Out of credit',
  },
  ends: 'ends in',
  spent: (amount: string) => `${amount} this month`,
  lastUsed: 'Last used',
  neverUsed: 'Never used',
  added: 'Added',
  check: 'Check',
  checkOf: (provider: string) => `Check the key for ${provider}`,
  checking: 'Checking …',
  checked: (provider: string) => `${provider} takes the key`,
  replace: 'Replace',
  replaceOf: (provider: string) => `Replace the key for ${provider}`,
  remove: 'Delete',
  removeOf: (provider: string) => `Delete the key for ${provider}`,
  removeTitle: (provider: string) => `Delete the key for ${provider}?`,
  removeText:
    'From the next call on, articles of yours are written with the key of this instance where it has one, and count against your limit here. At the provider the key stays valid.',
  removed: 'The key is deleted',
  settings: {
    title: 'Model and limit',
    model: 'Default model',
    modelHint:
      'For articles that name none, for example anthropic:claude-sonnet-4-5. Empty for the one of this instance. A key for OpenAI is used at OpenAI itself.',
    limit: 'Your limit for your own keys, in dollars a month',
    limitHint: 'Empty for none. Articles that do not fit under it wait for the next month, or until you raise it.',
    badLimit: 'Enter dollars, for example 5 or 2.50.',
    spent: 'Spent with your own keys this month',
  },
});
