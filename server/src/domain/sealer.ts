/**
 * Secrets at rest. A box opens only with the server's key and for the purpose it was made for, so that
 * a box moved to another row opens nothing.
 */
export interface Sealer {
  /** `purpose` names the secret's owner, such as `device:a1B/sensor-01`; it is not stored. */
  seal(purpose: string, secret: string): Uint8Array;
  /** Throws when the box was altered, belongs to another purpose, or the key is another one. */
  open(purpose: string, box: Uint8Array): string;
  /** A key of its own for one use (links, step-up codes, cursors), derived from the server's key. */
  derive(use: string): Uint8Array;
}
