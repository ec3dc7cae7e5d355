/**
 * How a program talks to the server's HTTP API: one request, its answer or its problem, pages, streams.
 *
 * It needs `fetch` and nothing else, so that the command line, the console and a script of yours share it.
 * Whatever is not an answer is one of two errors: `ApiProblem` (the server said no, and why) and
 * `ApiUnreachable` (nobody, or somebody else, answered).
 */
import type { Problem } from './common.ts';

export type ClientOptions = {
  /** Address of the server, such as `http://127.0.0.1:8080`; a path in front of `/api/v1` is kept. */
  url: string;
  /** Of a session or an API token. */
  token?: string | undefined;
  userAgent?: string;
  /** Longest wait for an answer; streams are not limited by it. */
  timeoutMs?: number;
};

export type QueryValue = string | number | boolean | undefined;
export type ApiRequest = {
  method: string;
  /** Below `/api/v1`, with a leading slash; parts from outside are encoded by `path`. */
  path: string;
  query?: Readonly<Record<string, QueryValue>>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  raw?: { content: string | Uint8Array; type: string };
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
};

export type Page<Item> = { items: Item[]; nextCursor: string | null };

/** The server refused: RFC 9457, with a stable `code` and members of its own per code. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  /** Everything else that the problem says, such as `nextAllowedAt` or `problems`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor({ type: _type, title, status, code, detail, requestId, ...members }: Problem) {
    super(detail || title);
    this.status = status;
    this.code = code;
    this.detail = detail || title;
    this.requestId = requestId;
    this.members = members;
  }
}

/** Nobody answered, or not in time, or what answered is no OpenCOTA server. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
  readonly url: string;

  constructor(url: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.url = url;
  }
}

export type Transport = {
  /** Without a slash at its end. */
  readonly url: string;
  /** The answer, when it is a success. Throws `ApiProblem` and `ApiUnreachable`. */
  send(request: ApiRequest): Promise<Response>;
  /** The parsed JSON body. The caller names the type that the contract gives for this call. */
  json<T>(request: ApiRequest): Promise<T>;
  /** An answer without a body. */
  done(request: ApiRequest): Promise<void>;
  /** An answer that goes on; it ends with the signal, not with a time limit. */
  open(request: ApiRequest): Promise<Response>;
  /** A request outside `/api/v1`, such as `/healthz`. Any status is an answer. */
  probe(path: string): Promise<Response>;
};

const TIMEOUT_MS = 60_000;
const API_PATH = '/api/v1';
/** What a proxy says when there is no server behind it. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 504]);
const EXCERPT_CHARS = 200;

/** Joins parts of a path, encoded: `path('products', key, 'devices')`. */
export function path(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('');
}

export function createTransport(options: ClientOptions): Transport {
  const url = options.url.replace(/\/+$/, '');
  const { timeoutMs = TIMEOUT_MS } = options;
  const always: Record<string, string> = {
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    ...(options.userAgent === undefined ? {} : { 'user-agent': options.userAgent }),
  };
  const ask = async (request: ApiRequest, signal: AbortSignal | undefined): Promise<Response> => {
    const response = await reach(url, `${url}${API_PATH}${request.path}${queryText(request.query)}`, {
      method: request.method,
      headers: { ...always, ...bodyType(request), ...request.headers },
      // A redirect would send credentials to wherever it points.
      redirect: 'manual',
      ...bodyOf(request),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await refusalOf(url, response);
    return response;
  };
  const limited = (request: ApiRequest) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    return ask(request, request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]));
  };
  return {
    url,
    send: limited,
    async json<T>(request: ApiRequest) {
      const text = await readText(url, await limited(request));
      try {
        // The contract of the API says what this call answers.
        return JSON.parse(text) as T;
      } catch (cause) {
        throw notOurs(url, text, cause);
      }
    },
    async done(request) {
      await readText(url, await limited(request));
    },
    open: (request) => ask(request, request.signal),
    probe: (at) => reach(url, `${url}${at}`, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) }),
  };
}

/** Every item of a list, page by page, as far as the caller reads. */
export async function* pages<Item>(
  list: (cursor: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, void> {
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

async function reach(server: string, address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (cause) {
    // The caller's own signal is no fault of the server.
    if (cause instanceof Error && cause.name === 'AbortError') throw cause;
    throw new ApiUnreachable(server, reasonOf(cause), cause);
  }
}

/** Reads to the end; a connection that breaks meanwhile is a server that cannot be reached. */
async function readText(server: string, response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw new ApiUnreachable(server, reasonOf(cause), cause);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ECONNRESET: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
};

function reasonOf(cause: unknown): string {
  if (cause instanceof Error && cause.name === 'TimeoutError') return 'it does not answer in time';
  const inner = cause instanceof Error ? cause.cause : undefined;
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : '';
  return REASONS[code] ?? (inner instanceof Error ? inner.message : String(cause));
}

async function refusalOf(server: string, response: Response): Promise<ApiProblem | ApiUnreachable> {
  const text = await readText(server, response);
  const problem = parseProblem(text);
  if (problem !== undefined) return new ApiProblem(problem);
  if (GATEWAY_STATUSES.has(response.status))
    return new ApiUnreachable(server, `a proxy answers ${response.status} in its place`);
  return notOurs(server, `${response.status} ${text}`);
}

function notOurs(server: string, text: string, cause?: unknown): ApiUnreachable {
  const excerpt = text.slice(0, EXCERPT_CHARS).replaceAll(/\s+/g, ' ').trim();
  return new ApiUnreachable(server, `what answers there is not an OpenCOTA server: ${excerpt}`, cause);
}

function parseProblem(text: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('code' in value) || !('status' in value))
      return undefined;
    const named = { type: '', title: '', detail: '', requestId: '', ...value };
    return { ...named, code: String(value.code), status: Number(value.status) };
  } catch {
    return undefined;
  }
}

function bodyType({ json, raw }: ApiRequest): Record<string, string> {
  if (raw !== undefined) return { 'content-type': raw.type };
  return json === undefined ? {} : { 'content-type': 'application/json' };
}

function bodyOf({ json, raw }: ApiRequest): { body?: string | Uint8Array<ArrayBuffer> } {
  if (raw !== undefined)
    return { body: typeof raw.content === 'string' ? raw.content : new Uint8Array(raw.content) };
  return json === undefined ? {} : { body: JSON.stringify(json) };
}

function queryText(query: ApiRequest['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
