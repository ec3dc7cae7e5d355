/**
 * Fetches one configuration over its link, as a device does: its size and digest are checked, a broken
 * connection is resumed with `Range`. The bytes are hashed as they come and not kept.
 */
import { createHash, type Hash } from 'node:crypto';
import { type Agent, get, type IncomingMessage } from 'node:http';
import { DEVICE_REPLY_CODE } from '@opencota/contract/alink/codes';
import type { Offer } from './alink.ts';

export type Download = { kind: 'done'; resumes: number } | { kind: 'failed'; code: number; reason: string };

export type DownloadOptions = {
  agent: Agent;
  signal: AbortSignal;
  /** Reads HTTP like an old Link SDK: always a range, and `Content-Length` in exactly this spelling. */
  isLink: boolean;
  /** How many connections break when half of the rest has come. */
  drops: number;
  /** The copy comes out wrong, whatever is sent. */
  isDigestWrong: boolean;
};

const ATTEMPTS_MAX = 5;
/** Without a byte for this long, a connection is given up. */
const SILENCE_MS_MAX = 30_000;

type Progress = { filledBytes: number; hash: Hash };
type Attempt = { kind: 'complete' } | { kind: 'broken' | 'refused'; reason: string };

export async function download(offer: Offer, options: DownloadOptions): Promise<Download> {
  const progress: Progress = { filledBytes: 0, hash: createHash('sha256') };
  const { downloadFailed, sizeMismatch, digestMismatch } = DEVICE_REPLY_CODE;
  let reason = '';
  for (let tries = 0; tries < ATTEMPTS_MAX; tries++) {
    const isDropped = tries < options.drops;
    const attempt = await fetchRest(offer, progress, options, isDropped);
    if (attempt.kind === 'complete') {
      if (progress.filledBytes !== offer.sizeBytes) {
        return {
          kind: 'failed',
          code: sizeMismatch,
          reason: `${progress.filledBytes} of ${offer.sizeBytes} bytes`,
        };
      }
      if (options.isDigestWrong) progress.hash.update('a flipped bit');
      const sha256 = progress.hash.digest('hex');
      return sha256 === offer.sha256
        ? { kind: 'done', resumes: tries }
        : { kind: 'failed', code: digestMismatch, reason: `the SHA-256 is ${sha256}` };
    }
    reason = attempt.reason;
    if (attempt.kind === 'refused' || options.signal.aborted) break;
  }
  return { kind: 'failed', code: downloadFailed, reason };
}

/** One connection, from where the last one broke. Resolves in any case. */
function fetchRest(
  offer: Offer,
  progress: Progress,
  { agent, signal, isLink }: DownloadOptions,
  isDropped: boolean,
): Promise<Attempt> {
  const start = progress.filledBytes;
  const headers = {
    'Accept-Encoding': 'identity',
    ...(isLink ? { 'Content-Length': '0' } : {}),
    ...(isLink || start > 0 ? { Range: `bytes=${start}-` } : {}),
  };
  const cutAt = isDropped ? start + Math.floor((offer.sizeBytes - start) / 2) : Number.POSITIVE_INFINITY;
  return new Promise((resolve) => {
    const broken = (error: Error) => resolve({ kind: 'broken', reason: error.message });
    const request = get(offer.url, { agent, headers, signal, timeout: SILENCE_MS_MAX }, (response) => {
      const refusal = judge(response, start, isLink);
      if (refusal !== undefined) {
        response.resume();
        resolve({ kind: 'refused', reason: refusal });
        return;
      }
      response.on('data', (bytes: Buffer) => {
        const kept = bytes.subarray(0, cutAt - progress.filledBytes);
        progress.hash.update(kept);
        progress.filledBytes += kept.length;
        if (progress.filledBytes < cutAt) return;
        // A small file has come as a whole already, and its end would be told all the same.
        broken(new Error('the device lost its connection'));
        request.destroy();
      });
      response.on('end', () => resolve({ kind: 'complete' }));
      response.on('error', broken);
    });
    request.on('timeout', () => request.destroy(new Error('no byte for too long')));
    request.on('error', broken);
  });
}

/** Why this answer is of no use, or undefined when it is as asked for. */
function judge(response: IncomingMessage, start: number, isLink: boolean): string | undefined {
  const { statusCode = 0, headers, rawHeaders } = response;
  if (statusCode !== 200 && statusCode !== 206) return `the answer was ${statusCode}`;
  if (isLink && !rawHeaders.includes('Content-Length')) return 'there is no header spelt "Content-Length"';
  if (start > 0 && !headers['content-range']?.startsWith(`bytes ${start}-`)) return 'another range came';
  return undefined;
}
