/** A handler whose every call ends as and when the test says, and that notices two calls at once. */
import { once } from 'node:events';
import type { ApplyReason, ConfigHandler } from '../../src/index.ts';
import { WAIT_MS_MAX } from './broker.ts';

export type PuppetCall = {
  version: number | undefined;
  reason: ApplyReason;
  signal: AbortSignal;
  take(): void;
  fail(message: string): void;
};

export type Puppet = {
  handler: ConfigHandler;
  calls: PuppetCall[];
  /** The next call that has not been looked at yet. */
  next(): Promise<PuppetCall>;
  /** The most calls that were ever at work at one moment. */
  atWorkMax(): number;
};

export function createPuppet(): Puppet {
  const calls: PuppetCall[] = [];
  const called = new EventTarget();
  let lookedAt = 0;
  let atWork = 0;
  let atWorkMax = 0;
  return {
    calls,
    atWorkMax: () => atWorkMax,
    async next() {
      while (calls.length <= lookedAt) {
        await once(called, 'call', { signal: AbortSignal.timeout(WAIT_MS_MAX) });
      }
      lookedAt += 1;
      return calls[lookedAt - 1]!;
    },
    async handler({ version }, { reason, signal }) {
      atWork += 1;
      atWorkMax = Math.max(atWorkMax, atWork);
      const ended = Promise.withResolvers<void>();
      const { resolve, reject } = ended;
      calls.push({ version, reason, signal, take: resolve, fail: (text) => reject(new Error(text)) });
      called.dispatchEvent(new Event('call'));
      try {
        await ended.promise;
      } finally {
        atWork -= 1;
      }
    },
  };
}
