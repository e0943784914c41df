import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';

export const scopes = ['read', 'write', 'publish'] as const;
/** What an API key may do; people who are signed in may do everything that is theirs. */
export type Scope = (typeof scopes)[number];

export const roles = ['user', 'admin'] as const;
export type Role = (typeof roles)[number];

export const vias = ['nobody', 'session', 'access-token', 'api-key', 'command-line', 'system'] as const;
/** By what means something was done. */
export type Via = (typeof vias)[number];

/**
 * Who may call a route: anyone (`public`), whoever acts for a user (`user`, what a route is unless it says otherwise),
 * only the person, not a key of theirs (`person`), an admin in person (`admin`), or whoever runs the instance, from its
 * command line (`operator`).
 */
export type Access = 'public' | 'user' | 'person' | 'admin' | 'operator';

/** Whoever a request comes from, once that is known. */
export interface Principal {
  /** Null for an operator on an instance that has no account yet. */
  userId: string | null;
  email: string | null;
  role: Role;
  via: Via;
  sessionId: string | null;
  scopes: readonly Scope[];
  /** The user's own limit; null for the instance's. */
  requestsPerMinute: number | null;
}

/** The session cookie; on https it has the prefix `__Secure-`, which makes browsers refuse it from plain http. */
export const sessionCookieName = 'blog-poster.session_token';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** What a key needs for it; without one `read` for GET and `write` for everything else. */
    scope?: Scope;
  }
  interface FastifyRequest {
    /** Whose request this is; every query is limited to this user's rows. Empty on public routes. */
    userId: string;
    /** Null on public routes, and for whoever is not signed in there. */
    principal: Principal | null;
    /** The client's address, through the operator's proxy if there is one. */
    clientAddress: string;
  }
}

/** Lets a request pass or throws; sets `principal`, `userId` and `clientAddress`. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** The principal of a route that is not public. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new Error(`${request.url} is public and has no principal`);
  return request.principal;
}

/** Throws `insufficient_scope` for a key that lacks `scope`; for routes where it depends on what is asked for. */
export function assertScope({ scopes: held }: Pick<Principal, 'scopes'>, scope: Scope): void {
  if (!held.includes(scope)) throw new AppError('insufficient_scope', `This API key lacks the scope ${scope}.`);
}
