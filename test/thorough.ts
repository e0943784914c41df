/**
 * Whether tests that repeat themselves do so as often as they can (`TEST_THOROUGH=1`, as the nightly run of CI does), or
 * as often as fits into the forty minutes of a change: each case at least once, but not with every other one.
 */
export const thorough = process.env.TEST_THOROUGH === '1';
