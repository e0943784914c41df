/** What of the environment a test against real servers cannot do without: a missing one is a failure, never a skip. */
export function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: see .ci/run for the servers and files that these tests need.`);
  return value;
}
