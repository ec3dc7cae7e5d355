/**
 * A content that came in the message itself, judged as a download would be: by size and SHA-256.
 *
 * It is never an error. The link is beside it, so whatever is wrong here is told and then downloaded.
 */
import { hash } from 'node:crypto';
import type { ConfigFile } from './protocol.ts';

export type Inline =
  /** The message has the link only. */
  { kind: 'none' } | { kind: 'good'; bytes: Uint8Array } | { kind: 'unusable'; reason: string };

export function readInline({ content, sizeBytes, sha256 }: ConfigFile): Inline {
  if (content === undefined) return { kind: 'none' };
  if (typeof content !== 'string') return { kind: 'unusable', reason: 'the content is not a string' };
  const bytes = new TextEncoder().encode(content);
  if (bytes.length !== sizeBytes) {
    return { kind: 'unusable', reason: `the content has ${bytes.length} of ${sizeBytes} bytes` };
  }
  const found = hash('sha256', bytes);
  return found === sha256 ? { kind: 'good', bytes } : { kind: 'unusable', reason: `the SHA-256 is ${found}` };
}
