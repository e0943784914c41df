/** Where and during what an error happened: ids and names, never texts. */
export type ErrorContext = Record<string, string>;

/** Hears of errors that nobody expected. */
export interface ErrorReporter {
  /** Never throws and never waits. */
  report(error: unknown, context: ErrorContext): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Where no receiver is configured. */
export const noReporter: ErrorReporter = { report: () => undefined, close: async () => undefined };
