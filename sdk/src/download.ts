/**
 * Fetches one configuration over its link, in full and verified, or says why not.
 *
 * A connection that breaks is resumed where it broke (`Range`), because the networks devices live in
 * break often and the server counts each whole fetch. Bytes that turn out wrong are thrown away and
 * fetched again from the start. A refused link is not tried again: only a fresh one can help.
 *
 * Redirects are not followed and compressed answers not accepted: the server promises neither, so
 * either means that something else is answering.
 */
import { hash } from 'node:crypto';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { backOffMs, sleep } from './clock.ts';
import { messageOf } from './events.ts';
import type { Settings } from './options.ts';
import { type ConfigFile, DEVICE_REPLY_CODE, type DeviceReplyCode } from './protocol.ts';

export type Download =
  | { kind: 'done'; bytes: Uint8Array }
  | { kind: 'failed'; code: DeviceReplyCode; message: string }
  /** Given up between two attempts because `isSuperseded` said so or the device is closing. */
  | { kind: 'superseded' };

/** What one attempt came to. */
type Attempt =
  | { kind: 'complete' }
  /** The connection broke or the answer was of no use; `filledBytes` are good so far. */
  | { kind: 'broken'; filledBytes: number; reason: string }
  /** The content is not what was announced. */
  | { kind: 'wrong'; code: DeviceReplyCode; reason: string }
  /** The server does not honour this link (any more). */
  | { kind: 'refused'; reason: string };

type Target = { url: URL; buffer: Uint8Array; offset: number };

const LINK_REFUSED_STATUSES: ReadonlySet<number | undefined> = new Set([403, 404, 410]);

/** `file.sizeBytes` is allocated at once: the caller has checked it against its limit. */
export async function download(
  file: ConfigFile,
  settings: Settings,
  control: { signal: AbortSignal; isSuperseded: () => boolean },
): Promise<Download> {
  const url = parseUrl(file.url);
  if (url === undefined)
    return failed(DEVICE_REPLY_CODE.downloadFailed, 'the link is not an http or https URL');
  const buffer = new Uint8Array(file.sizeBytes);
  let offset = 0;
  for (let tries = 1; ; tries += 1) {
    const attempt = check(await fetchOnce({ url, buffer, offset }, settings, control.signal), buffer, file);
    if (attempt.kind === 'complete') return { kind: 'done', bytes: buffer };
    if (control.signal.aborted || control.isSuperseded()) return { kind: 'superseded' };
    const code = attempt.kind === 'wrong' ? attempt.code : DEVICE_REPLY_CODE.downloadFailed;
    if (attempt.kind === 'refused' || tries >= settings.downloadAttempts) return failed(code, attempt.reason);
    offset = attempt.kind === 'broken' ? attempt.filledBytes : 0;
    settings.voice.event({ type: 'download-retry', reason: attempt.reason, resumeAtByte: offset });
    const waitMs = backOffMs(settings.retry, tries - 1, settings.random);
    await sleep(settings.clock, waitMs, 'download-retry', control.signal);
    if (control.signal.aborted || control.isSuperseded()) return { kind: 'superseded' };
  }
}

function failed(code: DeviceReplyCode, message: string): Download {
  return { kind: 'failed', code, message };
}

function parseUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

function check(attempt: Attempt, buffer: Uint8Array, file: ConfigFile): Attempt {
  if (attempt.kind !== 'complete') return attempt;
  const sha256 = hash('sha256', buffer);
  if (sha256 === file.sha256) return attempt;
  return { kind: 'wrong', code: DEVICE_REPLY_CODE.digestMismatch, reason: `the SHA-256 is ${sha256}` };
}

/** One request, bounded in time as a whole. */
async function fetchOnce(target: Target, settings: Settings, signal: AbortSignal): Promise<Attempt> {
  const timeout = new AbortController();
  const cancel = settings.clock.after(settings.downloadTimeoutMs, 'download-timeout', () => timeout.abort());
  try {
    const response = await request(target, settings, AbortSignal.any([signal, timeout.signal]));
    const body = await readAnswer(response, target);
    // Whatever happens to the rest of an answer that is not read must not become an uncaught error.
    response.on('error', () => {}).destroy();
    return body;
  } catch (error) {
    const reason = timeout.signal.aborted ? 'the download took too long' : messageOf(error);
    return { kind: 'broken', filledBytes: target.offset, reason };
  } finally {
    cancel();
  }
}

function request({ url, offset }: Target, settings: Settings, signal: AbortSignal): Promise<IncomingMessage> {
  const headers: Record<string, string> = { 'Accept-Encoding': 'identity' };
  if (offset > 0) headers.Range = `bytes=${offset}-`;
  const get = url.protocol === 'https:' ? httpsGet : httpGet;
  return new Promise((resolve, reject) => {
    get(url, { agent: false, headers, signal, ...settings.tls }, resolve).on('error', reject);
  });
}

async function readAnswer(response: IncomingMessage, target: Target): Promise<Attempt> {
  const { statusCode: status, headers } = response;
  if (LINK_REFUSED_STATUSES.has(status))
    return { kind: 'refused', reason: `the link was refused (${status})` };
  if (status !== 200 && status !== 206) return startAgain(`the answer was ${status}`);
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    return startAgain('the answer was compressed');
  if (status === 200) return readBody(response, target.buffer, 0);
  const rangeStart = /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1];
  if (Number(rangeStart) !== target.offset) return startAgain('the answer was another range than asked for');
  return readBody(response, target.buffer, target.offset);
}

function startAgain(reason: string): Attempt {
  return { kind: 'broken', filledBytes: 0, reason };
}

/** Reads into `buffer` from `start` on, and not one byte more than it holds. */
async function readBody(response: IncomingMessage, buffer: Uint8Array, start: number): Promise<Attempt> {
  let filledBytes = start;
  try {
    for await (const chunk of response) {
      // A response without an encoding yields Buffers.
      const bytes = chunk as Uint8Array;
      if (filledBytes + bytes.length > buffer.length)
        return wrongSize(`more than ${buffer.length} bytes came`);
      buffer.set(bytes, filledBytes);
      filledBytes += bytes.length;
    }
  } catch (error) {
    return { kind: 'broken', filledBytes, reason: messageOf(error) };
  }
  if (filledBytes < buffer.length) return wrongSize(`${filledBytes} of ${buffer.length} bytes came`);
  return { kind: 'complete' };
}

function wrongSize(reason: string): Attempt {
  return { kind: 'wrong', code: DEVICE_REPLY_CODE.sizeMismatch, reason };
}
