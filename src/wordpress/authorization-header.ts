/** Passes the header to PHP under Apache; which of them works depends on how Apache runs PHP, and together they do no harm. */
const apache = [
  '# .htaccess, above the line "# BEGIN WordPress"',
  'RewriteEngine On',
  'RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]',
  'SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1',
  'CGIPassAuth On',
];
const nginx = [
  '# nginx, where PHP is called (fastcgi_pass)',
  'fastcgi_param HTTP_AUTHORIZATION $http_authorization;',
  '# nginx, where it passes requests on to another server (proxy_pass)',
  'proxy_set_header Authorization $http_authorization;',
];

/**
 * The lines that let the Authorization header through to PHP, for the server that the `Server` header names; for all
 * of them where it tells none that is known (a proxy in front often puts its own name there).
 */
export function headerLines(server: string | undefined): string[] {
  if (/apache|litespeed/i.test(server ?? '')) return apache;
  if (/nginx|openresty/i.test(server ?? '')) return nginx;
  return [...apache, ...nginx];
}
