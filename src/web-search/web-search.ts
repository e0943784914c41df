import { setTimeout as sleep } from 'node:timers/promises';
import type { Config, Secrets } from '../config.ts';
import type { ResolveAll } from '../net/address-guard.ts';
import { createSafeFetch } from '../net/safe-fetch.ts';
import type { KeyCheck, OwnKey } from '../provider-keys/own-keys.ts';
import { createBrave, newPace, type Pace, type Wait } from './brave.ts';
import { checkSearchKey } from './check-key.ts';
import { parseDomain } from './domains.ts';
import type { SearchProvider } from './provider.ts';
import { createSearxng } from './searxng.ts';
import { createTavily } from './tavily.ts';

/** How this instance looks for sources. */
export interface WebSearch {
  /** In the order in which they are asked: the next one when one fails. Empty when none is configured. */
  providers: SearchProvider[];
  /** The operator's lists of domains; see SiteRules. */
  allow: string[];
  deny: string[];
  /** A provider asked with a user's own key; null when the key is for something else. */
  withKey(key: OwnKey): SearchProvider | null;
  /** Looks whether a provider takes a user's key, at no cost. */
  checkKey(key: OwnKey): Promise<KeyCheck>;
  close(): Promise<void>;
}

/** Where the public services are and how time passes; for tests. */
export interface WebSearchSettings {
  braveUrl?: string;
  tavilyUrl?: string;
  now?: () => Date;
  wait?: Wait;
  timeoutMs?: number;
  resolve?: ResolveAll;
}

/**
 * The search providers that are configured. They are asked through a fetch of their own that may also reach the hosts
 * named here although they are private: the operator chose them. No other address is opened by it, and nothing that a
 * user names is ever fetched with it.
 */
export function createWebSearch(config: Config, secrets: Secrets, settings: WebSearchSettings = {}): WebSearch {
  const { searxngUrl, prices, allow, deny } = config.search;
  const braveUrl = settings.braveUrl ?? 'https://api.search.brave.com';
  const tavilyUrl = settings.tavilyUrl ?? 'https://api.tavily.com';
  const now = settings.now ?? (() => new Date());
  const chosen = [searxngUrl, settings.braveUrl, settings.tavilyUrl].filter((url) => url != null);
  const http = createSafeFetch({
    allowPrivateHosts: chosen.map(hostAndPort),
    userAgent: config.net.userAgent,
    ...(settings.resolve ? { resolve: settings.resolve } : {}),
  });
  const shared = { http, timeoutMs: settings.timeoutMs ?? 15_000, now };
  const wait = settings.wait ?? waitFor;
  const brave = (apiKey: string, pace: Pace) =>
    createBrave({ ...shared, baseUrl: braveUrl, apiKey, priceMicroUsd: prices.brave, wait, pace });
  const tavily = (apiKey: string) =>
    createTavily({ ...shared, baseUrl: tavilyUrl, apiKey, priceMicroUsd: prices.tavily });
  const providers: SearchProvider[] = [];
  if (searxngUrl) providers.push(createSearxng({ ...shared, baseUrl: searxngUrl, priceMicroUsd: prices.searxng }));
  if (secrets.braveApiKey) providers.push(brave(secrets.braveApiKey, newPace()));
  if (secrets.tavilyApiKey) providers.push(tavily(secrets.tavilyApiKey));
  const paces = createPaces();
  const withKey = (ownKey: OwnKey): SearchProvider | null => {
    if (ownKey.provider === 'brave') return { ...brave(ownKey.open(), paces(ownKey.id)), ownKey };
    return ownKey.provider === 'tavily' ? { ...tavily(ownKey.open()), ownKey } : null;
  };
  return {
    providers,
    allow: domains(allow),
    deny: domains(deny),
    withKey,
    checkKey: (key) => checkSearchKey(withKey(key)),
    close: () => http.close(),
  };
}

/** More users than this do not search within a second with keys of their own. */
const keptPaces = 1_000;

/** The pace of each user's key, by the key's id: the key itself is not kept between two searches. */
function createPaces(): (keyId: string) => Pace {
  const known = new Map<string, Pace>();
  return (keyId) => {
    const pace = known.get(keyId) ?? newPace();
    known.delete(keyId);
    known.set(keyId, pace);
    const [oldest] = known.keys();
    if (known.size > keptPaces && oldest !== undefined) known.delete(oldest);
    return pace;
  };
}

function hostAndPort(address: string): string {
  const url = new URL(address);
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
}

/** The configuration has checked that each is one. */
const domains = (names: string[]) => names.flatMap((name) => parseDomain(name) ?? []);

const waitFor: Wait = async (ms, signal) => {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
};
