/**
 * Device downloads, on bare node:http (R17, `alink.md` 2).
 *
 * The C SDKs read `Content-Length` in exactly this spelling, hold header lines of 128 bytes and heads of
 * 1024, know no chunks, no compression and no redirect, and send `Range: bytes=N-`. So the head is written
 * by hand, and nothing else of the server's HTTP touches it.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DomainError } from '../domain/errors.ts';
import type { LinkService, OpenedLink } from '../service/links.ts';
import { LINK_PATH } from '../service/links.ts';
import { PROBLEMS, type ProblemCode, problemOf, retryAfterSeconds } from './problems.ts';

export function isDownload(url: string): boolean {
  return url.startsWith(LINK_PATH);
}

/** `onError` gets the request's id with what failed. */
export function createDownloads(links: LinkService, onError: (error: unknown, requestId: string) => void) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return sendProblem(response, {
          code: 'method-not-allowed',
          detail: 'A download link answers GET.',
          headers: { Allow: 'GET, HEAD' },
        });
      }
      const opened = links.open(request.url!.slice(LINK_PATH.length));
      sendFile(request, response, opened instanceof Promise ? await opened : opened, links);
    } catch (error) {
      if (error instanceof DomainError) {
        return sendProblem(response, { code: error.code, detail: error.message, members: error.detail });
      }
      const requestId = randomUUID();
      onError(error, requestId);
      sendProblem(response, { code: 'internal', detail: 'Something went wrong on the server.', requestId });
    }
  };
}

type Range = { start: number; end: number };

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  opened: OpenedLink,
  links: LinkService,
): void {
  const { claims, content } = opened;
  const range = parseRange(request.headers.range, content.length);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${content.length}`, 'Content-Length': 0 });
    response.end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: content.length };
  response.writeHead(range === undefined ? 200 : 206, {
    'Content-Type': 'application/json',
    'Content-Length': end - start,
    ...(range === undefined
      ? { 'Accept-Ranges': 'bytes' }
      : { 'Content-Range': `bytes ${start}-${end - 1}/${content.length}` }),
    'Cache-Control': 'no-store',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  // Only a piece that reaches the end can complete the file on the device.
  if (end === content.length) response.once('finish', () => links.fetched(claims));
  response.end(content.subarray(start, end));
}

/** One range of bytes (RFC 9110 14.1). Several, or another unit: the whole file, as the RFC allows. */
export function parseRange(header: string | undefined, size: number): Range | undefined | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return undefined;
  const [, first, last] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

type Refused = {
  code: ProblemCode;
  detail: string;
  members?: Readonly<Record<string, unknown>>;
  requestId?: string;
  headers?: Readonly<Record<string, string>>;
};

function sendProblem(
  response: ServerResponse,
  { code, detail, members = {}, requestId = randomUUID(), headers = {} }: Refused,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(problemOf(code, detail, requestId, members)));
  const seconds = retryAfterSeconds(code, members);
  response.writeHead(PROBLEMS[code].status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': body.length,
    ...(seconds === undefined ? {} : { 'Retry-After': seconds }),
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(body);
}
