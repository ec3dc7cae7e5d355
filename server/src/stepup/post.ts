/**
 * One POST to a provider: no retry, no redirect, no kept connection, a limit on time and on the answer.
 *
 * It uses `node:https` rather than `fetch` because only there can the lookup of the connection be guarded.
 * A redirect is refused and not followed: it would carry a code and credentials to an address nobody configured.
 */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CodeChannelError } from './channel.ts';
import { startDeadline } from './deadline.ts';
import { guardedLookup, LOCAL_ADDRESS_CODE } from './endpoint.ts';

export type PostRequest = {
  provider: string;
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  allowLocal: boolean;
  timeoutMs: number;
  signal: AbortSignal;
};

export type PostAnswer = { status: number; body: string };

/** What is read of an answer; the rest is thrown away unread. */
const ANSWER_BYTES_MAX = 64 * 1024;

export async function post(request: PostRequest): Promise<PostAnswer> {
  using deadline = startDeadline(request.signal, request.timeoutMs);
  try {
    const response = await exchange(request, deadline.signal);
    const status = response.statusCode ?? 0;
    if (status >= 300 && status < 400) {
      response.destroy();
      throw refusal(request.provider, 'it answered with a redirect, which is not followed', `HTTP ${status}`);
    }
    return { status, body: await readStart(response) };
  } catch (error) {
    throw asChannelError(error, request, deadline.endedBy());
  }
}

/** The error for a provider that answered no; `providerCode` has to be known harmless. */
export function refusal(provider: string, reason: string, providerCode: string): CodeChannelError {
  return new CodeChannelError({ provider, failure: 'refused', reason, providerCode });
}

/** Parses an answer that should be a JSON object; anything else counts as an empty one. */
export function readJsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    // The check leaves objects and arrays, and both can be asked for a member by name.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function exchange(request: PostRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const body = Buffer.from(request.body, 'utf8');
  const options: RequestOptions = {
    method: 'POST',
    // A connection of its own: a kept one could have been opened without the guard.
    agent: false,
    headers: { ...request.headers, 'user-agent': 'OpenCOTA', 'content-length': String(body.length) },
    signal,
    ...(request.allowLocal ? {} : { lookup: guardedLookup }),
  };
  const send = request.url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(request.url, options, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function readStart(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Without an encoding set, the chunks of a response are buffers.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8');
}

function asChannelError(
  error: unknown,
  request: PostRequest,
  endedBy: 'timeout' | 'aborted' | undefined,
): CodeChannelError {
  if (error instanceof CodeChannelError) return error;
  const { provider } = request;
  if (endedBy === 'timeout') {
    return new CodeChannelError({
      provider,
      failure: 'timeout',
      reason: `no answer within ${request.timeoutMs} ms`,
    });
  }
  if (endedBy === 'aborted') {
    return new CodeChannelError({ provider, failure: 'aborted', reason: 'the request was given up' });
  }
  const providerCode = systemCode(error);
  const reason =
    providerCode === LOCAL_ADDRESS_CODE
      ? 'its endpoint resolves to a local address, which is not allowed'
      : 'its endpoint could not be reached';
  return new CodeChannelError({ provider, failure: 'unreachable', reason, providerCode });
}

/** The code of a system error, such as `ECONNREFUSED`, or `UNKNOWN` when there is none fit to be shown. */
export function systemCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z_]{1,63}$/.test(code) ? code : 'UNKNOWN';
}
