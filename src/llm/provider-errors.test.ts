import { APICallError } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { explainFailure } from './provider-errors.ts';

/* What passes by itself and what does not, by the words that the providers themselves use. */

const answered = (statusCode: number, body: object | string, responseHeaders: Record<string, string> = {}) =>
  new APICallError({
    message: 'failed',
    url: 'https://provider.example/v1',
    requestBodyValues: {},
    statusCode,
    responseHeaders,
    responseBody: typeof body === 'string' ? body : JSON.stringify(body),
  });
const openai = (code: string | null, message: string, type = 'invalid_request_error') => ({
  error: { message, type, param: null, code },
});
const anthropic = (type: string, message: string) => ({ type: 'error', error: { type, message } });
const google = (code: number, status: string, message: string, details: object[] = []) => ({
  error: { code, status, message, details },
});
const broken = (code: string) =>
  Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(), { code }) });

const explain = (failure: unknown) => explainFailure(failure, 'test:model', false, null);

describe('passes by itself, and is tried again', () => {
  it.each<[string, unknown, billed: boolean]>([
    [
      'OpenAI 429, too many requests',
      answered(429, openai('rate_limit_exceeded', 'Rate limit reached', 'requests')),
      false,
    ],
    ['Anthropic 429', answered(429, anthropic('rate_limit_error', 'This request would exceed your rate limit')), false],
    ['Anthropic 529', answered(529, anthropic('overloaded_error', 'Overloaded')), false],
    ['Google 429', answered(429, google(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted')), false],
    ['Google 503', answered(503, google(503, 'UNAVAILABLE', 'The model is overloaded.')), false],
    ['OpenAI 500', answered(500, openai(null, 'The server had an error', 'server_error')), true],
    ['a gateway, 502', answered(502, '<html>Bad gateway</html>'), true],
    ['a gateway, 504', answered(504, ''), true],
    ['408', answered(408, ''), true],
    ['409', answered(409, openai(null, 'Conflict')), true],
    ['425', answered(425, ''), true],
    ['Anthropic, overloaded inside the stream', { type: 'overloaded_error', message: 'Overloaded' }, true],
    [
      'OpenAI, a fault inside the stream',
      { type: 'server_error', code: 'server_error', message: 'An error occurred' },
      true,
    ],
    ['a connection that was refused', broken('ECONNREFUSED'), false],
    ['a name that is not known', broken('ENOTFOUND'), false],
    ['a network that is away', broken('ENETUNREACH'), false],
    ['a connection that was reset', broken('ECONNRESET'), true],
    ['a connection that was closed', broken('UND_ERR_SOCKET'), true],
    ['silence', broken('UND_ERR_HEADERS_TIMEOUT'), true],
  ])('%s', (_, failure, billed) => {
    const explained = explain(failure);
    expect(explained.error).toMatchObject({ code: 'model_unavailable', retryable: true });
    expect(explained.billed).toBe(billed);
    expect(explained.trouble).toBeNull();
  });
});

describe('does not pass, and is not tried again', () => {
  it.each<[string, unknown, message: RegExp, trouble: string | null]>([
    [
      'OpenAI, no quota left (429)',
      answered(429, openai('insufficient_quota', 'You exceeded your current quota', 'insufficient_quota'), {
        'retry-after': '1',
      }),
      /out of credit/,
      'out-of-credit',
    ],
    [
      'OpenAI, billing limit (400)',
      answered(400, openai('billing_hard_limit_reached', 'Billing hard limit has been reached')),
      /out of credit/,
      'out-of-credit',
    ],
    [
      'OpenAI, no quota left, inside the stream',
      { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota' },
      /out of credit/,
      'out-of-credit',
    ],
    [
      'Anthropic, no credit (400)',
      answered(400, anthropic('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.')),
      /out of credit/,
      'out-of-credit',
    ],
    ['a gateway, 402', answered(402, 'Payment required'), /out of credit/, 'out-of-credit'],
    ['401', answered(401, anthropic('authentication_error', 'invalid x-api-key')), /refused the key/, 'rejected'],
    [
      'Google, a bad key (400)',
      answered(400, google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.')),
      /refused the key/,
      'rejected',
    ],
    [
      '403',
      answered(403, anthropic('permission_error', 'Your API key does not have permission')),
      /refused the key/,
      'rejected',
    ],
    ['404', answered(404, openai('model_not_found', 'The model does not exist')), /does not know the model/, null],
    [
      'OpenAI, too long',
      answered(400, openai('context_length_exceeded', 'Your input exceeds the context window of this model')),
      /too long/,
      null,
    ],
    [
      'OpenAI, too long, inside the stream',
      { code: 'context_length_exceeded', message: 'Your input exceeds the context window' },
      /too long/,
      null,
    ],
    [
      'Anthropic, too long',
      answered(400, anthropic('invalid_request_error', 'prompt is too long: 213462 tokens > 200000 maximum')),
      /too long/,
      null,
    ],
    [
      'Google, too long',
      answered(
        400,
        google(400, 'INVALID_ARGUMENT', 'The input token count (1200000) exceeds the maximum number of tokens allowed'),
      ),
      /too long/,
      null,
    ],
    ['413', answered(413, anthropic('request_too_large', 'Request exceeds the maximum size')), /too long/, null],
    ['400', answered(400, openai(null, 'Unsupported parameter')), /refused the request \(400\)/, null],
    ['422', answered(422, 'Unprocessable'), /refused the request \(422\)/, null],
    ['501', answered(501, 'response_format is not implemented'), /refused the request \(501\)/, null],
  ])('%s', (_, failure, message, trouble) => {
    const explained = explain(failure);
    if (explained.error.code === 'model_unavailable')
      throw new Error(`it would be tried again: ${explained.error.message}`);
    expect(explained.error).toMatchObject({ code: 'model_rejected', retryable: false });
    expect(explained.error.message).toMatch(message);
    expect(explained.error.hint.length).toBeGreaterThan(10);
    expect(explained.trouble).toBe(trouble);
  });

  it.each<[string, unknown]>([
    [
      'OpenAI',
      answered(400, openai('content_policy_violation', 'Your request was rejected as a result of our safety system')),
    ],
    [
      'OpenAI, invalid prompt',
      answered(400, openai('invalid_prompt', 'Invalid prompt: flagged as potentially violating our usage policy')),
    ],
    [
      'Azure',
      answered(
        400,
        openai(
          'content_filter',
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy",
        ),
      ),
    ],
    ['OpenAI, inside the stream', { code: 'content_filter', message: 'The response was filtered' }],
  ])('a filter of %s', (_, failure) => {
    expect(explain(failure).error).toMatchObject({ code: 'model_refused', retryable: false });
  });
});

describe('how long a provider wants to be left alone', () => {
  const limited = (headers: Record<string, string>, body: object | string = '') => {
    const { retryAt } = explain(answered(429, body, headers)).error;
    return retryAt ? Math.round((retryAt.getTime() - Date.now()) / 1000) : null;
  };
  it('is honoured however long it is', () => {
    expect(limited({ 'retry-after': '3600' })).toBe(3_600);
    expect(limited({ 'retry-after': '86400' })).toBe(86_400);
    expect(limited({ 'retry-after': String(20 * 86_400) })).toBe(20 * 86_400);
    const tomorrow = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000);
    expect(Math.abs((limited({ 'retry-after': tomorrow.toUTCString() }) ?? 0) - 86_400)).toBeLessThan(3);
  });
  it('is said in milliseconds by OpenAI and in the body by Google', () => {
    expect(limited({ 'retry-after-ms': '90000', 'retry-after': '7' })).toBe(90);
    expect(limited({ 'retry-after-ms': '10' })).toBe(1);
    const info = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '43.5s' };
    expect([43, 44]).toContain(limited({}, google(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded', [info])));
  });
  it('is passed over where it makes no sense', () => {
    for (const value of ['soon', '', '-1', '0', '1e9', String(Date.now()), 'Mon, 01 Jan 1990 00:00:00 GMT']) {
      expect(limited({ 'retry-after': value }), value).toBeNull();
    }
    expect(limited({ 'retry-after-ms': 'soon', 'retry-after': '7' })).toBe(7);
  });
});
