/**
 * The last good configuration on disk.
 *
 * Everything is in one file, because a version number beside another version's bytes would be worse
 * than nothing: a line with the SHA-256 of all that follows, a line of JSON that says what it is,
 * then the bytes as downloaded. The file is replaced as a whole (written beside, fsynced, renamed,
 * directory fsynced), so a power cut leaves the old one or the new one.
 *
 * Keeping is in two steps around the handler: `stage` writes and fsyncs beside the current file, so a
 * full disk is found before the handler runs; `commit` makes it the kept one, only after the handler
 * took it. A process killed in between has not seen the new version and is offered it again.
 *
 * A file that does not verify is moved aside and counts as none. It never stops the device.
 */
import { hash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptConfig } from './config.ts';
import { messageOf } from './events.ts';

export type Loaded =
  | { kind: 'none' }
  | { kind: 'config'; config: KeptConfig }
  /** Damaged, another device's, or not readable. */
  | { kind: 'unreadable'; reason: string };

/** Written and safe on disk, but not yet the kept configuration. */
export type Staged = { commit(): Promise<void>; discard(): Promise<void> };

export type Store = {
  load(): Promise<Loaded>;
  /** @throws when the disk refuses. */
  stage(config: KeptConfig): Promise<Staged>;
};

type Header = {
  format: 1;
  productKey: string;
  deviceName: string;
  configId: string;
  version: number | null;
  sha256: string;
};

const DIGEST_CHARS = 64;
const NEWLINE = 0x0a;

export function createStore(place: { dir: string; productKey: string; deviceName: string }): Store {
  const { dir, productKey, deviceName } = place;
  // A device name may hold a colon, which not every file system takes.
  const file = join(dir, `${productKey}.${encodeURIComponent(deviceName)}.config`);
  const next = `${file}.next`;

  async function load(): Promise<Loaded> {
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await rm(next, { force: true });
      const content = await readFile(file);
      const config = decode(content, { productKey, deviceName });
      if (typeof config !== 'string') return { kind: 'config', config };
      await rename(file, `${file}.damaged`);
      return { kind: 'unreadable', reason: `${config}; moved to ${file}.damaged` };
    } catch (error) {
      return isMissing(error) ? { kind: 'none' } : { kind: 'unreadable', reason: messageOf(error) };
    }
  }

  async function stage(config: KeptConfig): Promise<Staged> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeSynced(next, encode(config, { productKey, deviceName }));
    return {
      async commit() {
        await rename(next, file);
        await syncDirectory(dir);
      },
      discard: () => rm(next, { force: true }),
    };
  }

  return { load, stage };
}

function encode(config: KeptConfig, device: { productKey: string; deviceName: string }): Buffer {
  const { configId, version, sha256, bytes } = config;
  const header: Header = { format: 1, ...device, configId, version: version ?? null, sha256 };
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), bytes]);
  return Buffer.concat([Buffer.from(`${hash('sha256', body)}\n`), body]);
}

/** @returns the reason, as text, when the content cannot be trusted. */
function decode(content: Buffer, device: { productKey: string; deviceName: string }): KeptConfig | string {
  const body = content.subarray(DIGEST_CHARS + 1);
  const isWhole =
    content[DIGEST_CHARS] === NEWLINE && content.toString('latin1', 0, DIGEST_CHARS) === hash('sha256', body);
  if (!isWhole) return 'the kept configuration is damaged';
  const headerEnd = body.indexOf(NEWLINE);
  // The digest above covers it: these are the members `encode` wrote, unless another format did.
  const header = JSON.parse(body.toString('utf8', 0, headerEnd)) as Header;
  if (header.format !== 1) return `the kept configuration has the unknown format ${header.format}`;
  if (header.productKey !== device.productKey || header.deviceName !== device.deviceName) {
    return `the kept configuration belongs to ${header.productKey}/${header.deviceName}`;
  }
  const { configId, sha256 } = header;
  return { configId, version: header.version ?? undefined, sha256, bytes: body.subarray(headerEnd + 1) };
}

async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename durable. Windows cannot open a directory and does not need it. */
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
