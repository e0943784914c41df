import { accountWords } from '../strings-account.ts';

/** What a device calls itself in its `User-Agent`, in words: `Firefox on Linux`, `Safari on iPhone`, `curl`. */
export interface Device {
  name: string;
  kind: 'phone' | 'computer' | 'program';
}

const browsers: [name: string, mark: RegExp][] = [
  ['Edge', /\bEdgA?(?:iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Vivaldi', /\bVivaldi\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS|HeadlessChrome)\//],
  ['Safari', /\bVersion\/[\d.]+.* Safari\//],
];

const systems: [name: string, mark: RegExp, phone: boolean][] = [
  ['iPhone', /\biPhone\b/, true],
  ['iPad', /\biPad\b/, true],
  ['Android', /\bAndroid\b/, true],
  ['Windows', /\bWindows\b/, false],
  ['Mac', /\bMacintosh\b/, false],
  ['ChromeOS', /\bCrOS\b/, false],
  ['Linux', /\bLinux\b|\bX11\b/, false],
];

/**
 * Names a device; null when it did not say. The order of the lists matters: every browser names those before it, and
 * Android calls itself Linux as well.
 */
export function describeDevice(userAgent: string | null): Device | null {
  const text = userAgent?.trim();
  if (!text) return null;
  const browser = browsers.find(([, mark]) => mark.test(text))?.[0];
  const system = systems.find(([, mark]) => mark.test(text));
  if (browser && system)
    return { name: accountWords.sessions.device(browser, system[0]), kind: system[2] ? 'phone' : 'computer' };
  if (browser) return { name: browser, kind: 'computer' };
  // Programs: their name without the version. Node's own fetch says just "node".
  const program = /^[^\s/;(]{1,40}/.exec(text)?.[0];
  if (program && program !== 'Mozilla') return { name: program === 'node' ? 'Node.js' : program, kind: 'program' };
  return system ? { name: system[0], kind: system[2] ? 'phone' : 'computer' } : null;
}
