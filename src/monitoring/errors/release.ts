import { version } from '../../config.ts';

/** The name that Sentry knows this version by. */
export const release = `blog-poster@${version}`;
