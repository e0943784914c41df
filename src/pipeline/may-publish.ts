import type { FastifyRequest } from 'fastify';
import { assertScope, principalOf } from '../http/access.ts';
import type { Brief } from './brief.ts';

/**
 * An article that is handed to a site is published at its end: whoever starts it, lets it go on or sets up a schedule for
 * it needs that scope too. Throws `insufficient_scope`.
 */
export function assertMayPublish(request: FastifyRequest, { publish }: Pick<Brief, 'publish'>): void {
  if (publish !== 'none') assertScope(principalOf(request), 'publish');
}
