import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** Why a call to an isolated worker gave no result. */
export type WorkerFailure = 'timeout' | 'memory' | 'crashed' | 'closed' | 'thrown';

/** A call to an isolated worker that failed; with `timeout`, `memory` and `crashed` the worker is gone. */
export class IsolatedWorkerError extends Error {
  readonly reason: WorkerFailure;

  constructor(reason: WorkerFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'IsolatedWorkerError';
    this.reason = reason;
  }
}

/** What a worker answers to a posted call; and what it says once, when its code is loaded. */
export type WorkerReply<T> = { ok: true; value: T } | { ok: false; message: string } | { ready: true };

/** A running thread or process. */
interface Channel {
  post(input: unknown): void;
  kill(): Promise<unknown>;
  /** Whether it keeps this process alive: only while a call runs. */
  hold(busy: boolean): void;
}
interface ChannelEvents {
  reply(reply: WorkerReply<unknown>): void;
  gone(error: IsolatedWorkerError): void;
}
type Start = (events: ChannelEvents) => Channel;

const maxYoungGenerationSizeMb = 6;
/** How long a worker may take to load its code, in milliseconds: a second, or many on a machine that is busy. */
const startMs = 60_000;

/**
 * The entry file beside the importing module: TypeScript in a checkout, JavaScript in the shipped bundle.
 * @param name without its ending
 * @param importer `import.meta.url` of the caller
 */
export function entryBeside(name: string, importer: string): URL {
  return new URL(`./${name}${extname(fileURLToPath(importer))}`, importer);
}

/**
 * A worker thread: shares the process, so it suits code that is trusted and input that is bounded. It has no heap limit
 * of its own on purpose: a thread that reaches `resourceLimits` while allocating inside V8 aborts the whole process
 * (seen with Node 24.21). Only its youngest objects are held to a small space, which ends in more frequent collections and
 * nothing else: after three articles the process stood at 490 to 550 MB instead of 710.
 */
export function inThread(entry: URL): Start {
  return (events) => {
    // execArgv: the flags of a test runner or debugger must not be repeated in the thread.
    const worker = new Worker(entry, { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb } });
    worker.on('message', events.reply);
    worker.on('error', (error) => events.gone(new IsolatedWorkerError('crashed', error.message, error)));
    worker.on('exit', (code) => events.gone(new IsolatedWorkerError('crashed', `the thread ended (${code})`)));
    return {
      post: (input) => worker.postMessage(input),
      kill: () => {
        // Whoever waits for the end must not find the event loop empty before it.
        worker.ref();
        return worker.terminate();
      },
      hold: (busy) => (busy ? worker.ref() : worker.unref()),
    };
  };
}

/**
 * A process of its own, for input that was made to do harm: it may exhaust its heap or never return, and only itself
 * is lost. It gets an empty environment, so that no secret of this process is within its reach.
 */
export function inProcess(entry: URL, options: { maxHeapMb: number }): Start {
  return (events) => {
    const child = fork(entry, {
      execArgv: [`--max-old-space-size=${options.maxHeapMb}`],
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, 4_000);
    });
    child.on('message', (reply) => events.reply(reply as WorkerReply<unknown>));
    child.on('error', (error) => events.gone(new IsolatedWorkerError('crashed', error.message, error)));
    // 'close' comes after the last of stderr was read, 'exit' may come before.
    child.on('close', (code, signal) => {
      const reason = /heap out of memory|heap limit/i.test(complaint) ? 'memory' : 'crashed';
      events.gone(new IsolatedWorkerError(reason, `the process ended (${signal ?? code}): ${complaint.slice(0, 500)}`));
    });
    return {
      post: (input) => {
        child.send(input as object);
      },
      kill: () =>
        new Promise((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) return resolve(undefined);
          // Whoever waits for the end must not find the event loop empty before it.
          child.ref();
          child.once('exit', resolve);
          child.kill('SIGKILL');
        }),
      hold: (busy) => {
        const action = busy ? 'ref' : 'unref';
        child[action]();
        child.channel?.[action]();
        // The pipe is a socket, which the types of `stderr` do not say.
        (child.stderr as unknown as { ref(): void; unref(): void })[action]();
      },
    };
  };
}

/**
 * A thread or process that answers one call at a time. It is started by the first call, reused, replaced after it had to
 * be killed (code that loops can only be stopped from outside), and ended after a time without calls.
 */
export class IsolatedWorker<Input, Output> {
  readonly #start: Start;
  readonly #idleMs: number;
  #channel: Channel | null = null;
  #pending: { resolve(value: Output): void; reject(error: Error): void } | null = null;
  /** Whether the running worker has loaded its code, and what is done when it has. */
  #ready = false;
  #whenReady: (() => void) | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param options.idleMs without a call until it is ended and its memory given back; it never is unless told */
  constructor(start: Start, options: { idleMs?: number } = {}) {
    this.#start = start;
    this.#idleMs = options.idleMs ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Runs one call after those before it; the clock starts when its turn comes and the worker is there.
   * @param timeoutMs after which the worker is killed
   * @throws IsolatedWorkerError
   */
  call(input: Input, timeoutMs: number): Promise<Output> {
    const result = this.#queue.then(() => this.#run(input, timeoutMs));
    // The queue only orders the calls: each caller gets its own failure from `result`.
    this.#queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Ends the worker; a running call is rejected, and so is every later one. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#end(new IsolatedWorkerError('closed', 'the worker was closed'));
  }

  async #run(input: Input, timeoutMs: number): Promise<Output> {
    if (this.#closed) throw new IsolatedWorkerError('closed', 'the worker is closed');
    clearTimeout(this.#idle);
    const channel = this.#channel ?? this.#open();
    channel.hold(true);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Output>((resolve, reject) => {
        this.#pending = { resolve, reject };
        const endAfter = (ms: number, error: IsolatedWorkerError) => {
          timer = setTimeout(() => this.#end(error).catch(reject), ms);
        };
        const begin = () => {
          clearTimeout(timer);
          endAfter(timeoutMs, new IsolatedWorkerError('timeout', `no result within ${timeoutMs} ms`));
          channel.post(input);
        };
        if (this.#ready) return begin();
        this.#whenReady = begin;
        endAfter(startMs, new IsolatedWorkerError('crashed', `it did not start within ${startMs} ms`));
      });
    } finally {
      clearTimeout(timer);
      this.#pending = null;
      this.#whenReady = null;
      channel.hold(false);
      if (this.#channel === channel && Number.isFinite(this.#idleMs)) {
        this.#idle = setTimeout(() => void this.#end(null), this.#idleMs).unref();
      }
    }
  }

  #open(): Channel {
    this.#ready = false;
    const channel: Channel = this.#start({
      reply: (reply) => {
        if (this.#channel !== channel) return;
        if ('ready' in reply) {
          this.#ready = true;
          this.#whenReady?.();
        } else if (reply.ok) this.#pending?.resolve(reply.value as Output);
        else this.#pending?.reject(new IsolatedWorkerError('thrown', reply.message));
      },
      gone: (error) => {
        if (this.#channel !== channel) return;
        this.#channel = null;
        this.#pending?.reject(error);
      },
    });
    this.#channel = channel;
    return channel;
  }

  async #end(error: Error | null): Promise<void> {
    clearTimeout(this.#idle);
    const channel = this.#channel;
    this.#channel = null;
    if (error !== null) this.#pending?.reject(error);
    await channel?.kill();
  }
}
