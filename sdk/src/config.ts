/** A configuration as the application sees it, and as the device keeps it. */

/** What is kept: the bytes exactly as downloaded, and what identifies them. */
export type KeptConfig = {
  configId: string;
  version: number | undefined;
  sha256: string;
  bytes: Uint8Array;
};

/** What the handler is given. A fresh object every time: the handler may do with it what it likes. */
export type Config = {
  /** The parsed content. Numbers beyond a double's precision are only exact in `text`. */
  json: unknown;
  /** The content as the author saved it. */
  text: string;
  /** The content, byte for byte. */
  bytes: Uint8Array;
  /** The version number; undefined when the server does not tell it. */
  version: number | undefined;
  configId: string;
  /** The SHA-256 of `bytes`, 64 lower-case hex digits. */
  sha256: string;
};

/**
 * Makes the handler's view of a configuration.
 *
 * @throws when the bytes are not UTF-8 or not JSON.
 */
export function toConfig(kept: KeptConfig): Config {
  const bytes = kept.bytes.slice();
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const { version, configId, sha256 } = kept;
  return { json: JSON.parse(text), text, bytes, version, configId, sha256 };
}
