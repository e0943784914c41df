import { setTimeout as sleep } from 'node:timers/promises';
import type { Config, Secrets } from '../config.ts';
import type { ResolveAll } from '../net/address-guard.ts';
import { createSafeFetch } from '../net/safe-fetch.ts';
import { createBrave, type Wait } from './brave.ts';
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
  const providers: SearchProvider[] = [];
  if (searxngUrl) providers.push(createSearxng({ ...shared, baseUrl: searxngUrl, priceMicroUsd: prices.searxng }));
  if (secrets.braveApiKey) {
    const wait = settings.wait ?? waitFor;
    const { braveApiKey: apiKey } = secrets;
    providers.push(createBrave({ ...shared, baseUrl: braveUrl, apiKey, priceMicroUsd: prices.brave, wait }));
  }
  if (secrets.tavilyApiKey) {
    const { tavilyApiKey: apiKey } = secrets;
    providers.push(createTavily({ ...shared, baseUrl: tavilyUrl, apiKey, priceMicroUsd: prices.tavily }));
  }
  return { providers, allow: domains(allow), deny: domains(deny), close: () => http.close() };
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
