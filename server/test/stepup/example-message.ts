/** A message to send, and what must be true of any error that comes back. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type ChannelFailure, CodeChannelError, type CodeMessage } from '../../src/stepup/channel.ts';

export function exampleMessage(changes: Partial<CodeMessage> = {}): CodeMessage {
  return {
    to: '+8613812340000',
    code: '428913',
    purpose: 'push version 7 of product a1BcDeFgHiJ',
    expiresInSeconds: 300,
    language: 'en',
    ...changes,
  };
}

/** The signal of a caller that does not give up. */
export function patience(): AbortSignal {
  return new AbortController().signal;
}

/** Awaits the error of a failed sending and checks that nothing in it, however deep, gives a secret away. */
export async function failureOf(sending: Promise<void>, secrets: string[]): Promise<CodeChannelError> {
  const error = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CodeChannelError, `expected a CodeChannelError, got ${inspect(error)}`);
  const everything = `${inspect(error, { depth: Infinity, showHidden: true })} ${error.stack}`;
  for (const secret of secrets) assert.ok(!everything.includes(secret), `the error contains ${secret}`);
  return error;
}

export function assertFailure(error: CodeChannelError, failure: ChannelFailure, providerCode?: string): void {
  assert.equal(error.failure, failure, error.message);
  assert.equal(error.providerCode, providerCode);
}
