/**
 * Who may call a route: anyone (`public`), whoever acts for a user (`user`, what a route is unless it says otherwise),
 * only the person, not a key of theirs (`person`), or an admin in person (`admin`).
 */
export type Access = 'public' | 'user' | 'person' | 'admin';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** What a key needs for it; without one `read` for GET and `write` for everything else. */
    scope?: 'read' | 'write' | 'publish';
  }
}
