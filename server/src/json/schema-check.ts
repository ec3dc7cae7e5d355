/**
 * Checks configurations against JSON Schema 2020-12 without trusting the schema.
 *
 * A schema is a program: `anyOf` over `$ref` doubles the work at every level, and 64 KB of it can keep
 * a processor busy for a year. So schemas run in one worker thread with a limit on memory, one request
 * at a time, and each request has a time limit. A worker that overruns it is ended and the next
 * request gets a new one. The worker starts with the first request and does not keep the process alive.
 */
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../worker.ts';
import { CONFIG_BYTES_CEILING } from './check-config.ts';
import {
  SCHEMA_BYTES_MAX,
  type SchemaProblem,
  type SchemaReply,
  type SchemaRequest,
  type SchemaViolation,
  type WorkerMessage,
} from './schema-types.ts';

/** How long one request may run in the worker. */
export const SCHEMA_CHECK_MS = 2_000;
/** How long a worker may take to start. */
export const SCHEMA_WORKER_START_MS = 15_000;
/** How many requests may wait while one runs. */
export const SCHEMA_QUEUE_MAX = 16;
/** What the worker's heap may hold. Half a million violations of a 1 MB configuration fit. */
const WORKER_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 } as const;

export type SchemaCheckErrorReason =
  | 'time-limit'
  | 'memory-limit'
  /** The schema refers to itself without end for this configuration. */
  | 'recursion-limit'
  | 'queue-full'
  /** The schema cannot be used; `problems` says why. */
  | 'schema-refused'
  /** The configuration is not one that `checkConfig` accepts. */
  | 'config-refused'
  | 'worker-failed'
  | 'closed';

/** Why there is no answer about a schema or a configuration. */
export class SchemaCheckError extends Error {
  override readonly name = 'SchemaCheckError';
  readonly reason: SchemaCheckErrorReason;
  /** The schema's problems when `reason` is `schema-refused`, otherwise empty. */
  readonly problems: readonly SchemaProblem[];

  constructor(reason: SchemaCheckErrorReason, message: string, problems: readonly SchemaProblem[] = []) {
    super(message);
    this.reason = reason;
    this.problems = problems;
  }
}

export type SchemaChecker = {
  /** What is wrong with a schema, and notes about it; empty when there is nothing to say. */
  readonly checkSchema: (schemaText: string) => Promise<readonly SchemaProblem[]>;
  /**
   * Where a configuration violates a schema; empty when it does not. Numbers are compared as doubles.
   * Rejects with a `SchemaCheckError` when there is no answer.
   */
  readonly validate: (schemaText: string, configText: string) => Promise<readonly SchemaViolation[]>;
};

export type SchemaCheckerOptions = {
  /** In place of `SCHEMA_CHECK_MS`. */
  readonly timeLimitMs?: number;
};

export function createSchemaChecker(options: SchemaCheckerOptions = {}): SchemaChecker & AsyncDisposable {
  const queue = new WorkerQueue(options.timeLimitMs ?? SCHEMA_CHECK_MS);
  return {
    checkSchema: async (schemaText) => {
      const reply = await queue.run({
        kind: 'check-schema',
        schemaText: boundRequest(schemaText, SCHEMA_BYTES_MAX),
      });
      if (reply.kind === 'schema-checked') return reply.problems;
      throw replyError(reply);
    },
    validate: async (schemaText, configText) => {
      const reply = await queue.run({
        kind: 'validate',
        schemaText: boundRequest(schemaText, SCHEMA_BYTES_MAX),
        configText: boundRequest(configText, CONFIG_BYTES_CEILING),
      });
      if (reply.kind === 'validated') return reply.violations;
      throw replyError(reply);
    },
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}

/** Keeps the queue's memory bounded; what is cut is still too long, and the worker says so. */
function boundRequest(text: string, bytesMax: number): string {
  return text.length <= bytesMax ? text : text.slice(0, bytesMax + 1);
}

function replyError(reply: SchemaReply): SchemaCheckError {
  switch (reply.kind) {
    case 'schema-refused':
      return new SchemaCheckError('schema-refused', 'The schema cannot be used.', reply.problems);
    case 'config-refused':
      return new SchemaCheckError('config-refused', reply.message);
    case 'recursed':
      return new SchemaCheckError(
        'recursion-limit',
        'The schema refers to itself without end. Correct the references that lead in a circle.',
      );
    case 'failed':
      return new SchemaCheckError('worker-failed', `The schema check failed: ${reply.message}`);
    case 'schema-checked':
    case 'validated':
      return new SchemaCheckError(
        'worker-failed',
        `The worker answered "${reply.kind}" to another question.`,
      );
    default:
      return reply satisfies never;
  }
}

type Job = {
  readonly request: SchemaRequest;
  readonly resolve: (reply: SchemaReply) => void;
  readonly reject: (error: SchemaCheckError) => void;
};

/** One worker, the request it works on, and those that wait. */
class WorkerQueue {
  readonly #timeLimitMs: number;
  readonly #waiting: Job[] = [];
  readonly #ending = new Set<Promise<unknown>>();
  #running: Job | undefined;
  #worker: Worker | undefined;
  #isReady = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeLimitMs: number) {
    this.#timeLimitMs = timeLimitMs;
  }

  run(request: SchemaRequest): Promise<SchemaReply> {
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#waiting.length >= SCHEMA_QUEUE_MAX) {
      const message = `${SCHEMA_QUEUE_MAX} schema checks are waiting already. Try again in a moment.`;
      return Promise.reject(new SchemaCheckError('queue-full', message));
    }
    const { promise, resolve, reject } = Promise.withResolvers<SchemaReply>();
    this.#waiting.push({ request, resolve, reject });
    this.#startNext();
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#waiting.splice(0)) job.reject(closed());
    this.#fail(closed());
    await Promise.all(this.#ending);
  }

  #startNext(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#waiting.shift();
    if (this.#running === undefined) {
      // With nothing to do, the worker must not keep the process from ending.
      this.#worker?.unref();
      return;
    }
    if (this.#worker === undefined) this.#startWorker();
    else this.#send();
  }

  #startWorker(): void {
    const worker = startWorker('schema-worker', import.meta.url, {
      resourceLimits: WORKER_LIMITS,
      execArgv: [],
    });
    this.#worker = worker;
    this.#isReady = false;
    this.#startTimer(SCHEMA_WORKER_START_MS, () =>
      this.#fail(new SchemaCheckError('worker-failed', 'The schema worker did not start in time.')),
    );
    const ifCurrent = (act: () => void) => {
      if (this.#worker === worker) act();
    };
    worker.on('message', (message: WorkerMessage) => ifCurrent(() => this.#receive(message)));
    worker.on('error', (error) => ifCurrent(() => this.#fail(workerError(error))));
    worker.on('exit', () => ifCurrent(() => this.#fail(workerError(new Error('it ended')))));
  }

  #receive(message: WorkerMessage): void {
    if (message.kind === 'ready') {
      this.#isReady = true;
      this.#send();
      return;
    }
    clearTimeout(this.#timer);
    this.#running?.resolve(message);
    this.#running = undefined;
    this.#startNext();
  }

  #send(): void {
    if (this.#running === undefined || this.#worker === undefined || !this.#isReady) return;
    this.#startTimer(this.#timeLimitMs, () => {
      const message = `Checking with this schema took longer than ${this.#timeLimitMs} ms. Simplify the schema.`;
      this.#fail(new SchemaCheckError('time-limit', message));
    });
    this.#worker.ref();
    this.#worker.postMessage(this.#running.request);
  }

  /** Ends the worker, fails what it was doing and goes on with a new one if there is more to do. */
  #fail(error: SchemaCheckError): void {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker !== undefined) {
      const ended = worker.terminate().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
    this.#running?.reject(error);
    this.#running = undefined;
    this.#startNext();
  }

  #startTimer(delayMs: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, delayMs);
  }
}

function workerError(error: unknown): SchemaCheckError {
  const cause = error instanceof Error ? error : new Error(String(error));
  if ('code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new SchemaCheckError(
      'memory-limit',
      'This check needs too much memory. Simplify the schema, or correct a configuration that violates it in very many places.',
    );
  }
  return new SchemaCheckError('worker-failed', `The schema worker failed: ${cause.message}`);
}

function closed(): SchemaCheckError {
  return new SchemaCheckError('closed', 'The server is shutting down.');
}
