/**
 * The few calls of the server's HTTP API that the simulator and the demo make, over `fetch`.
 */
export type Answer = { status: number; etag: string; text: string; body: unknown };

export type Api = {
  readonly url: string;
  /** Any status is an answer. */
  send(method: string, path: string, body?: Body): Promise<Answer>;
  /**
   * The parsed body of an answer that must be a success.
   *
   * @throws ApiRefusal
   */
  call<T>(method: string, path: string, body?: Body): Promise<T>;
  /** A stream, such as a rollout's progress, that lasts until the signal says stop. */
  open(path: string, signal: AbortSignal): Promise<Response>;
};

/** Data goes out as JSON; text as it is, of the given type. */
export type Body =
  | { json: unknown }
  | { text: string | Uint8Array; type: string; headers?: Record<string, string> };

/** The server said no, with these words. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  readonly code: string;

  constructor(request: string, answer: Answer) {
    const { code, detail } = problemOf(answer);
    super(`${request}: ${answer.status} ${code}: ${detail}`);
    this.status = answer.status;
    this.code = code;
  }
}

/** A server on this machine answers in milliseconds; a bulk upload takes longer. */
const CALL_MS_MAX = 60_000;

export function createApi(url: string, token?: string): Api {
  const credentials: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const send: Api['send'] = async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { ...credentials, ...headersOf(body) },
      signal: AbortSignal.timeout(CALL_MS_MAX),
      ...(body === undefined
        ? {}
        : { body: 'json' in body ? JSON.stringify(body.json) : Buffer.from(body.text) }),
    });
    const text = await response.text();
    return { status: response.status, etag: response.headers.get('etag') ?? '', text, body: parse(text) };
  };
  return {
    url,
    send,
    async open(path, signal) {
      const response = await fetch(`${url}/api/v1${path}`, { headers: credentials, signal });
      if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
      return response;
    },
    async call<T>(method: string, path: string, body?: Body) {
      const answer = await send(method, path, body);
      if (answer.status >= 300) throw new ApiRefusal(`${method} ${path}`, answer);
      // The caller names the view that the contract gives for this call.
      return answer.body as T;
    },
  };
}

/** `code` and `detail` of a problem, or what stands in their place. */
export function problemOf({ body, text }: Answer): { code: string; detail: string } {
  const { code, detail } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return {
    code: typeof code === 'string' ? code : 'unknown',
    detail: typeof detail === 'string' ? detail : text.slice(0, 200),
  };
}

/** Secrets of the devices that were registered, by name. Throws when a row was refused. */
export async function registerDevices(
  api: Api,
  productKey: string,
  devices: readonly { deviceName: string; tags?: readonly string[] }[],
): Promise<Map<string, string>> {
  const secrets = new Map<string, string>();
  for (let start = 0; start < devices.length; start += ROWS_PER_UPLOAD) {
    const rows = devices.slice(start, start + ROWS_PER_UPLOAD);
    const csv = rows.map(({ deviceName, tags = [] }) => `${deviceName},${tags.join(';')}\n`).join('');
    const answer = await api.call<{ rows: ImportedRow[] }>('POST', `/products/${productKey}/devices/bulk`, {
      text: `deviceName,tags\n${csv}`,
      type: 'text/csv',
    });
    for (const { deviceName, deviceSecret, message } of answer.rows) {
      if (deviceSecret === undefined) throw new Error(`${deviceName} was not registered: ${message}`);
      secrets.set(deviceName, deviceSecret);
    }
  }
  return secrets;
}

type ImportedRow = { deviceName: string; deviceSecret?: string; message?: string };

const ROWS_PER_UPLOAD = 10_000;

function headersOf(body: Body | undefined): Record<string, string> {
  if (body === undefined) return {};
  if ('json' in body) return { 'content-type': 'application/json' };
  return { 'content-type': body.type, ...body.headers };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
