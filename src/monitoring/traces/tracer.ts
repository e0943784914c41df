/** What is told of a span. Never a text of a person, a model or a page. */
export type Attributes = Record<string, string | number | boolean>;

/** A span that is under way. */
export interface OpenSpan {
  /** Adds to what is told of it. */
  note(attributes: Attributes): void;
  /** Ends it, with the code of the error that ended it where one did. */
  end(failed?: string | null): void;
  /** Runs `work` inside of it: spans that begin there are its children. */
  within<Result>(work: () => Result): Result;
}

/** Measures what calls what, and how long it takes. */
export interface Tracer {
  /** Begins a span inside of the one that is under way. */
  begin(name: string, kind: 'server' | 'internal' | 'client', attributes: Attributes): OpenSpan;
  /** Runs `work` in a span of its own; an error ends it as failed and goes on. */
  span<Result>(
    name: string,
    kind: 'internal' | 'client',
    attributes: Attributes,
    work: (span: OpenSpan) => Promise<Result>,
  ): Promise<Result>;
  /** Sends what is left. */
  close(): Promise<void>;
}

const noSpan: OpenSpan = { note: () => undefined, end: () => undefined, within: (work) => work() };

/** Where no receiver is configured: runs the work, and nothing else. */
export const noTracer: Tracer = {
  begin: () => noSpan,
  span: (_name, _kind, _attributes, work) => work(noSpan),
  close: async () => undefined,
};
