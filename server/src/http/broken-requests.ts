/** What is answered to bytes that are no HTTP request, or one that never ends: a problem, and the end. */
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { problemOf } from './problems.ts';

type Answer = { status: string; detail: string };

const NOT_HTTP: Answer = { status: '400 Bad Request', detail: 'This is not a well-formed HTTP request.' };
const ANSWERS: Readonly<Record<string, Answer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', detail: 'The request did not arrive in time.' },
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    detail: 'The header of the request is too large.',
  },
};

export function answerBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  end(socket, ANSWERS[error.code ?? ''] ?? NOT_HTTP);
}

/** An upgrade to something that is not served here. */
export function refuseUpgrade(socket: Duplex): void {
  end(socket, {
    status: '404 Not Found',
    detail: 'MQTT over WebSocket is at /mqtt, and nothing else is upgraded.',
  });
}

function end(socket: Duplex, { status, detail }: Answer): void {
  const code = status.startsWith('404') ? 'not-found' : 'invalid-request';
  const problem = { ...problemOf(code, detail, randomUUID()), status: Number.parseInt(status, 10) };
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
