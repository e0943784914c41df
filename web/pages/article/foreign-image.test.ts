import { describe, expect, it } from 'vitest';
import { foreignHost } from './foreign-image.ts';

const own = 'https://blog.example:8443';

describe('where an image lies', () => {
  it.each([
    ['https://pictures.example/a.jpg', 'pictures.example'],
    ['//pictures.example/a.jpg', 'pictures.example'],
    ['http://pictures.example:8080/a.jpg', 'pictures.example:8080'],
    // Another port or protocol is another origin, for which this page may not ask either.
    ['https://blog.example/a.jpg', 'blog.example'],
    ['http://blog.example:8443/a.jpg', 'blog.example:8443'],
  ])('is elsewhere for %s', (src, host) => {
    expect(foreignHost(src, own)).toBe(host);
  });

  it.each(['/api/v1/images/x.png', `${own}/api/v1/images/x.png`, '', 'data:image/png;base64,x', 'https://'])(
    'is here, or nowhere, for %s',
    (src) => {
      expect(foreignHost(src, own)).toBeNull();
    },
  );
});
