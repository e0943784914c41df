import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { SafeFetch, SafeFetchResponse } from '../net/safe-fetch.ts';
import { record } from './rest-answer.ts';
import { noAnswer, siteCauseOf } from './site-error.ts';

/** What XML-RPC says of a login: it takes it, calls it wrong, or tells neither (closed, disabled, no answer). */
export type XmlRpcVerdict = 'accepted' | 'wrong' | 'unknown';

interface Login {
  /** Base of the site, ending in `/`. */
  base: string;
  username: string;
  password: string;
  timeoutMs: number;
  signal?: AbortSignal;
}

/** An answer holds the blogs of the user: a list of a few. A network of hundreds of them is refused, and tells nothing. */
const maxBytes = 256 * 1024;
const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  processEntities: false,
  isArray: (name) => name === 'member',
});

/**
 * Tries a login over XML-RPC, which takes an Application Password in the body of the request, where no web server
 * drops it. It takes the login password as well: only for a password that is an Application Password is `accepted` a
 * proof that the header gets lost. Reads only, never follows a redirect. Throws nothing that the site does.
 */
export async function loginByXmlRpc(safeFetch: SafeFetch, login: Login): Promise<XmlRpcVerdict> {
  const { base, username, password, timeoutMs, signal } = login;
  const parameters = [username, password].map(
    (text) => `<param><value><string>${escapeXml(text)}</string></value></param>`,
  );
  let response: SafeFetchResponse;
  try {
    response = await safeFetch(`${base}xmlrpc.php`, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml' },
      body: `<?xml version="1.0" encoding="utf-8"?><methodCall><methodName>wp.getUsersBlogs</methodName><params>${parameters.join('')}</params></methodCall>`,
      redirect: 'manual',
      timeoutMs,
      maxBytes,
      signal,
    });
  } catch (error) {
    const known = noAnswer(error, 'POST');
    if (siteCauseOf(known) === undefined) throw error;
    return 'unknown';
  }
  return response.status === 200 ? verdictOf(new TextDecoder().decode(response.body).trim()) : 'unknown';
}

const escapeXml = (text: string) => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function verdictOf(text: string): XmlRpcVerdict {
  // A document type could declare entities; no answer of XML-RPC has one.
  if (/<!doctype/i.test(text) || XMLValidator.validate(text) !== true) return 'unknown';
  const answer = record(record(parser.parse(text)).methodResponse);
  const list = record(record(record(answer.params).param).value);
  if ('array' in list) return 'accepted';
  const members = record(record(record(answer.fault).value).struct).member;
  const code = Array.isArray(members) ? members.map(record).find(({ name }) => name === 'faultCode') : undefined;
  // 405 says that the service is switched off, 403 that the login failed.
  return String(record(code?.value).int ?? record(code?.value).i4) === '403' ? 'wrong' : 'unknown';
}
