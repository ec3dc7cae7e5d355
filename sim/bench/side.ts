/** A program under test, whichever it is. */
import type { Child } from './child.ts';
import type { Ports, SideName } from './messages.ts';

export type Side = AsyncDisposable & {
  readonly name: SideName;
  /** The process as it runs now. */
  child(): Child;
  ports(): Ports;
  /** Everything of a push that comes before it. */
  preparePush(): Promise<Push>;
  /** Starts again after `child().kill()`, with the data it had. */
  start(): Promise<void>;
};

export type Push = {
  start(): Promise<void>;
  /** Resolves when every download and report of it is stored; throws when one is not. */
  recorded(): Promise<void>;
};

/** The configuration of the target: 4 KB. */
export const CONFIGURATION_BYTES = 4_096;

/** A JSON text of exactly that size, another for each edition. */
export function configurationOf(edition: number): string {
  const text = (padding: string) => JSON.stringify({ edition, padding });
  return text('x'.repeat(CONFIGURATION_BYTES - text('').length));
}
