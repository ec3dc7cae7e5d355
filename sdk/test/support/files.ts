/** A real HTTP server that hands out configurations, well or badly. */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;
export type Requested = { path: string; range: string | undefined };

/** The members of a push or a get_reply that describe a file. */
export type Members = {
  configId: string;
  configSize: number;
  sign: string;
  signMethod: string;
  url: string;
  getType: string;
  configVersion?: number;
  /** What came beside the link, of whatever kind. */
  content?: unknown;
};

export type TestFiles = {
  requests: Requested[];
  /** Puts content up and describes it. `answer` replaces the normal way of handing it out. */
  offer(content: string | Uint8Array, version?: number, answer?: Answer): Members;
  close(): Promise<void>;
};

export async function startFiles(): Promise<TestFiles> {
  const answers = new Map<string, Answer>();
  const requests: Requested[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push({ path, range: request.headers.range });
    const answer = answers.get(path);
    if (answer === undefined) response.writeHead(404, { 'Content-Length': 0 }).end();
    else answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    requests,
    offer(content, version, answer) {
      const bytes = Buffer.from(content);
      const path = `/d/${answers.size + 1}`;
      answers.set(path, answer ?? serve(bytes));
      return {
        configId: `config-${answers.size}`,
        configSize: bytes.length,
        sign: hash('sha256', bytes),
        signMethod: 'Sha256',
        url: `${origin}${path}`,
        getType: 'file',
        ...(version === undefined ? {} : { configVersion: version }),
      };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The well-behaved server: whole, or from where the device asks. */
export function serve(bytes: Buffer): Answer {
  return (request, response) => {
    const start = rangeStart(request);
    const headers = { 'Content-Length': bytes.length - start };
    if (start === 0) response.writeHead(200, headers);
    else
      response.writeHead(206, {
        ...headers,
        'Content-Range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
      });
    response.end(bytes.subarray(start));
  };
}

/** Resets the connection after `count` bytes, `times` times; then behaves. */
export function breakAfter(bytes: Buffer, count: number, times: number): Answer {
  const wellBehaved = serve(bytes);
  let left = times;
  return (request, response) => {
    left -= 1;
    if (left < 0) return wellBehaved(request, response);
    const start = rangeStart(request);
    response.writeHead(start === 0 ? 200 : 206, {
      'Content-Length': bytes.length - start,
      ...(start === 0 ? {} : { 'Content-Range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.write(bytes.subarray(start, start + count), () => response.socket?.resetAndDestroy());
  };
}

export function refuse(status: number): Answer {
  return (_request, response) => response.writeHead(status, { 'Content-Length': 0 }).end();
}

function rangeStart(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}
