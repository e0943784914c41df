import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { AppError, type FieldError } from '../errors.ts';
import { whyUnstorable } from '../storable.ts';

/** No request of this API nests deeper than five levels. */
const maxDepth = 64;

/**
 * Refuses what no table could keep, before any route sees it: texts (and names) with U+0000 or half a character, in the
 * body, the query and the path. Throws `invalid_request` with the path of each.
 */
export async function refuseUnstorable(request: FastifyRequest): Promise<void> {
  const errors = [request.params, request.query, request.body].flatMap(findUnstorable);
  const [first] = errors;
  if (!first) return;
  throw new AppError('invalid_request', `${first.path}: ${first.message}`, {
    errors,
    hint: 'Remove that character; it often comes from copying out of a binary file or from cutting a text in the middle of an emoji.',
  });
}

/** Walks without recursion: a megabyte of opening brackets is valid JSON. */
function findUnstorable(root: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const open: { value: unknown; path: string; depth: number }[] = [{ value: root, path: '', depth: 0 }];
  for (let next = open.pop(); next !== undefined && errors.length < 10; next = open.pop()) {
    const { value, path, depth } = next;
    if (typeof value === 'string') {
      const message = whyUnstorable(value);
      if (message) errors.push({ path: path || 'body', message });
    } else if (value instanceof Uint8Array || value instanceof Readable) {
      // A file holds bytes, not texts, whether it is here or still on its way.
    } else if (value !== null && typeof value === 'object') {
      if (depth >= maxDepth) return [{ path, message: `is nested more than ${maxDepth} levels deep` }];
      for (const [key, item] of Object.entries(value)) {
        const name = whyUnstorable(key);
        if (name) errors.push({ path: path || 'body', message: `a name in it ${name}` });
        else open.push({ value: item, path: path ? `${path}.${key}` : key, depth: depth + 1 });
      }
    }
  }
  return errors;
}
