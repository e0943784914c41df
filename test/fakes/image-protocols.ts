import type { IncomingHttpHeaders } from 'node:http';
import { protocols } from './model-protocols.ts';

/** How a provider is asked for an image, and how it answers. */
export interface ImageProtocol {
  /** Whose way of saying that something went wrong it shares. */
  errors: 'responses' | 'google';
  read(path: string, headers: IncomingHttpHeaders, body: Record<string, unknown>): Omit<ImageCall, 'protocol' | 'body'>;
  image(data: Buffer): unknown;
  /** The status and the body of a refusal by the provider's policy. */
  declined: [status: number, body: unknown];
}

export type ImageProtocolName = 'openai' | 'google';

/** A request for an image that reached the provider. */
export interface ImageCall {
  protocol: ImageProtocolName;
  model: string;
  prompt: string;
  key: string | undefined;
  body: Record<string, unknown>;
}

const openai: ImageProtocol = {
  errors: 'responses',
  read: (_path, headers, body) => ({
    model: String(body.model),
    prompt: String(body.prompt),
    key: headers.authorization?.replace(/^Bearer /, ''),
  }),
  image: (data) => ({
    created: 1,
    data: [{ b64_json: data.toString('base64') }],
    usage: { input_tokens: 20, output_tokens: 1500, total_tokens: 1520 },
  }),
  declined: [
    400,
    {
      error: {
        message: 'Your request was rejected by the safety system.',
        type: 'image_generation_user_error',
        param: null,
        code: 'moderation_blocked',
      },
    },
  ],
};

/** Gemini's: the same request as for text, with the image among the parts of the answer. */
const google: ImageProtocol = {
  errors: 'google',
  read: (path, headers, body) => ({
    model: /models\/([^/:]+):/.exec(path)?.[1] ?? '',
    prompt: (body.contents as { parts: { text?: string }[] }[])[0]?.parts[0]?.text ?? '',
    key: headers['x-goog-api-key'] as string | undefined,
  }),
  image: (data) => ({
    candidates: [
      {
        content: { role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data: data.toString('base64') } }] },
        finishReason: 'STOP',
      },
    ],
    usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 1290, totalTokenCount: 1310 },
  }),
  declined: [200, { candidates: [{ finishReason: 'IMAGE_SAFETY' }], usageMetadata: { promptTokenCount: 20 } }],
};

export const imageProtocols: Record<ImageProtocolName, ImageProtocol> = { openai, google };

/** Which protocol a path belongs to; null for those that make no images. */
export function imageProtocolOf(path: string): ImageProtocolName | null {
  if (path === '/v1/images/generations') return 'openai';
  return /^\/v1beta\/models\/[^/]+:generateContent$/.test(path) ? 'google' : null;
}

/** An error in the words of the provider. */
export const imageError = (
  name: ImageProtocolName,
  status: number,
  kind: Parameters<(typeof protocols)['chat']['error']>[1],
) => protocols[imageProtocols[name].errors].error(status, kind);
