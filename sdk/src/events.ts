/**
 * What the device tells the application beside configurations: events, for those who want to watch,
 * and errors, for those who want to be told when something is wrong.
 */
import type { ApplyReason } from './handler.ts';
import type { DeviceReplyCode } from './protocol.ts';

/** Something happened. A closed list, in the order a configuration's way usually takes. */
export type DeviceEvent =
  /** Connected and subscribed. */
  | { type: 'connected' }
  | { type: 'disconnected'; reason: string; retryInMs: number }
  /** The device asked for its configuration. */
  | { type: 'requested'; id: string }
  /** The server answered a request with a code instead of a configuration. */
  | { type: 'refused'; code: number; message: string }
  /** No answer came in time; the request will be repeated. */
  | { type: 'unanswered'; id: string }
  | { type: 'offered'; via: 'push' | 'get'; id: string; version: number | undefined; sha256: string }
  /** A newer offer displaced this one; it gets no reply. */
  | { type: 'superseded'; id: string; version: number | undefined; sha256: string }
  /** Offered by `get` again although the handler already failed on it. */
  | { type: 'skipped'; version: number | undefined; sha256: string }
  /** The content in the message is not what was announced; it is downloaded instead. */
  | { type: 'inline-unusable'; reason: string; version: number | undefined; sha256: string }
  /** A download attempt did not work and will be repeated. */
  | { type: 'download-retry'; reason: string; resumeAtByte: number }
  | { type: 'applied'; version: number | undefined; sha256: string }
  /** The handler was still at work after its time and the grace; nothing is applied until it ends. */
  | { type: 'handler-stuck'; reason: ApplyReason; version: number | undefined; sha256: string }
  /** The stuck call has ended; the last good configuration comes next, then the newest that waits. */
  | { type: 'handler-freed' }
  /** The last good configuration was handed to the handler again. */
  | { type: 'reverted'; version: number | undefined; sha256: string }
  /** The server has taken the reply. */
  | { type: 'replied'; id: string; code: DeviceReplyCode };

/** What an error is about. */
export type DeviceErrorCode =
  /** No session; one error for each outage, not one for each attempt. */
  | 'connection'
  /** A message from the server could not be understood. */
  | 'message'
  /** A configuration could not be downloaded, checked, applied or kept. */
  | 'config'
  /** What is on disk could not be read, or another process uses it. */
  | 'storage'
  /** A callback of the application threw. */
  | 'callback';

/** Given to `onError`. Never thrown: the device goes on by itself after every one of these. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly code: DeviceErrorCode;

  constructor(code: DeviceErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** The two callbacks, made safe to call from anywhere. */
export type Voice = {
  event(event: DeviceEvent): void;
  error(code: DeviceErrorCode, message: string, cause?: unknown): void;
};

export function createVoice(callbacks: {
  onEvent: (event: DeviceEvent) => void;
  onError: (error: DeviceError) => void;
}): Voice {
  function error(code: DeviceErrorCode, message: string, cause?: unknown): void {
    try {
      callbacks.onError(new DeviceError(code, message, cause));
    } catch (thrown) {
      // The last resort: an application whose error callback throws still has to hear of it.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
  function event(happened: DeviceEvent): void {
    try {
      callbacks.onEvent(happened);
    } catch (thrown) {
      error('callback', 'onEvent threw', thrown);
    }
  }
  return { event, error };
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
