/** Who may use a route, and which scope an API key needs for it; stands in the `config` of the route. */
declare module 'fastify' {
  interface FastifyContextConfig {
    access?: 'public' | 'user' | 'person' | 'admin';
    scope?: 'read' | 'write' | 'publish';
  }
}

export {};
