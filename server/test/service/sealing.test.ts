import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createSealer, loadRootKey, parseRootKey } from '../../src/service/sealing.ts';

const KEY = randomBytes(32);

function directory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'opencota-key-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('a box gives its secret back to its purpose and its key', () => {
  const sealer = createSealer(KEY);
  for (const secret of ['x', '', '0123456789abcdef'.repeat(4), 'ein Geheimnis 秘密 💡']) {
    assert.equal(createSealer(KEY).open('device:a/b', sealer.seal('device:a/b', secret)), secret);
  }
});

test('a box moved to another owner, or opened with another key, opens nothing', () => {
  const box = createSealer(KEY).seal('device:a/b', 'secret');
  assert.throws(() => createSealer(KEY).open('device:a/c', box));
  assert.throws(() => createSealer(randomBytes(32)).open('device:a/b', box));
});

test('a box that was altered anywhere or cut anywhere opens nothing', () => {
  const sealer = createSealer(KEY);
  const box = sealer.seal('p', 'secret');
  for (let at = 0; at < box.length; at += 1) {
    const altered = Uint8Array.from(box);
    altered[at]! ^= 1;
    assert.throws(() => sealer.open('p', altered), `byte ${at}`);
    assert.throws(() => sealer.open('p', box.subarray(0, at)), `cut at ${at}`);
  }
});

test('the same secret never makes the same box twice, and no box shows it', () => {
  const sealer = createSealer(KEY);
  const boxes = Array.from({ length: 100 }, () => Buffer.from(sealer.seal('p', 'a secret to keep')));
  assert.equal(new Set(boxes.map((box) => box.toString('hex'))).size, 100);
  assert.ok(boxes.every((box) => !box.includes('a secret')));
});

test('each use has a key of its own, the same after a restart', () => {
  const derive = (use: string) => Buffer.from(createSealer(KEY).derive(use)).toString('hex');
  assert.equal(derive('links'), derive('links'));
  assert.notEqual(derive('links'), derive('step-up'));
  assert.equal(derive('links').length, 64);
  assert.notEqual(derive('links'), KEY.toString('hex'));
});

test('a root key is read as hex or base64, and anything else is refused with how to make one', () => {
  assert.deepEqual(Buffer.from(parseRootKey(KEY.toString('hex'))), KEY);
  assert.deepEqual(Buffer.from(parseRootKey(` ${KEY.toString('hex').toUpperCase()}\n`)), KEY);
  assert.deepEqual(Buffer.from(parseRootKey(KEY.toString('base64'))), KEY);
  for (const text of ['', 'abc', KEY.toString('hex').slice(2), KEY.toString('base64').slice(4)]) {
    assert.throws(() => parseRootKey(text), { code: 'unavailable', message: /openssl rand -hex 32/ });
  }
});

test('a key file is made once, for its owner only, and read from then on', (t) => {
  const path = join(directory(t), 'secret.key');
  const made = loadRootKey(path, true);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(Buffer.from(loadRootKey(path, true)), Buffer.from(made));
  assert.deepEqual(Buffer.from(loadRootKey(path, false)), Buffer.from(made));
});

test('a store without its key file stops the start with what to do, and no new key is made', (t) => {
  const path = join(directory(t), 'secret.key');
  assert.throws(() => loadRootKey(path, false), {
    code: 'unavailable',
    message: /secret\.key is missing.*backup/,
  });
  assert.throws(() => statSync(path), { code: 'ENOENT' });
  writeFileSync(path, 'not a key');
  assert.throws(() => loadRootKey(path, true), { code: 'unavailable' });
});
