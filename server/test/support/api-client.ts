/** A small client of the HTTP API for tests: says what came back, whatever it was. */
import assert from 'node:assert/strict';

export type ApiAnswer = {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body; tests look into it as they please. */
  // biome-ignore lint/suspicious/noExplicitAny: a test states what it expects of a body by reading it.
  body: any;
};

export type ApiRequest = { body?: unknown; raw?: string | Uint8Array; headers?: Record<string, string> };

export type ApiClient = {
  readonly token: string;
  send(method: string, path: string, request?: ApiRequest): Promise<ApiAnswer>;
  get(path: string, headers?: Record<string, string>): Promise<ApiAnswer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  patch(path: string, body: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  delete(path: string, headers?: Record<string, string>): Promise<ApiAnswer>;
  /** Writes the draft whatever was there, and saves it. @returns the version's view. */
  saveVersion(productKey: string, content: string, note?: string): Promise<ApiAnswer['body']>;
};

export function createApiClient(baseUrl: string, token = ''): ApiClient {
  const client: ApiClient = {
    token,
    async send(method, path, { body, raw, headers = {} } = {}) {
      const response = await fetch(`${baseUrl}/api/v1${path}`, {
        method,
        headers: {
          ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined && raw === undefined
          ? {}
          : { body: body === undefined ? Buffer.from(raw!) : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: parse(text) };
    },
    get: (path, headers = {}) => client.send('GET', path, { headers }),
    post: (path, body, headers = {}) => client.send('POST', path, { body, headers }),
    patch: (path, body, headers = {}) => client.send('PATCH', path, { body, headers }),
    delete: (path, headers = {}) => client.send('DELETE', path, { headers }),
    async saveVersion(productKey, content, note = '') {
      const draft = await client.get(`/products/${productKey}/draft`);
      const headers = { 'if-match': draft.headers.get('etag')! };
      const written = await client.send('PUT', `/products/${productKey}/draft`, { raw: content, headers });
      assert.equal(written.status, 200, written.text);
      const saved = await client.post(`/products/${productKey}/versions`, { note });
      assert.equal(saved.status, 201, saved.text);
      return saved.body;
    },
  };
  return client;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
