/** Mistakes in the options are found when the device is created. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOffMs } from '../src/clock.ts';
import { createDevice, type DeviceOptions } from '../src/index.ts';
import { parseHost } from '../src/options.ts';

const GOOD: DeviceOptions = {
  host: 'localhost',
  productKey: 'a1B2c3D4e5F',
  deviceName: 'lamp-01',
  deviceSecret: 'secret',
  dir: 'never-created',
};

test('a host may be a name, a name with a port, or a URL', () => {
  const short = (host: string) => {
    const { protocol, host: name, port, path, isTls } = parseHost(host);
    return [protocol, name, port, path, isTls];
  };
  assert.deepEqual(short('example.test'), ['mqtt', 'example.test', 1883, '/', false]);
  assert.deepEqual(short('example.test:1884'), ['mqtt', 'example.test', 1884, '/', false]);
  assert.deepEqual(short('mqtts://example.test'), ['mqtts', 'example.test', 8883, '/', true]);
  assert.deepEqual(short('ws://example.test/mqtt?a=1'), ['ws', 'example.test', 80, '/mqtt?a=1', false]);
  assert.deepEqual(short('wss://example.test:444/mqtt'), ['wss', 'example.test', 444, '/mqtt', true]);
  assert.deepEqual(short('[::1]:1884'), ['mqtt', '[::1]', 1884, '/', false]);
});

for (const [name, wrong] of [
  ['host', { host: 'http://example.test' }],
  ['host', { host: 'mqtt://user:password@example.test' }],
  ['host', { host: '' }],
  ['productKey', { productKey: 'a/b' }],
  ['deviceName', { deviceName: 'abc' }],
  ['deviceSecret', { deviceSecret: '' }],
  ['dir', { dir: '' }],
  ['keepAliveSeconds', { keepAliveSeconds: 29 }],
  ['keepAliveSeconds', { keepAliveSeconds: 1201 }],
  ['reconnect', { reconnect: { minMs: 10, maxMs: 9 } }],
  ['applyTimeoutMs', { applyTimeoutMs: Number.NaN }],
  ['applyGraceMs', { applyGraceMs: -1 }],
  ['downloadAttempts', { downloadAttempts: 0 }],
] as const) {
  test(`refuses ${JSON.stringify(wrong)} and names the option`, () => {
    assert.throws(() => createDevice({ ...GOOD, ...wrong }), { message: new RegExp(`^${name}`) });
  });
}

test('a device can be started once', async (t) => {
  const device = createDevice({
    ...GOOD,
    host: '127.0.0.1:1',
    dir: t.name.length > 0 ? '/dev/null/x' : '',
    onError() {},
  });
  assert.equal(
    device.onConfig(() => {}),
    device,
  );
  assert.throws(() => device.onConfig(() => {}), /already/);
  await device.close();
});

test('a back-off is spread over its whole bound and never exceeds its limit', () => {
  const bounds = { minMs: 100, maxMs: 5_000 };
  for (let failures = 0; failures < 2000; failures += 1) {
    const most = backOffMs(bounds, failures, () => 0.999_999);
    assert.equal(
      backOffMs(bounds, failures, () => 0),
      0,
    );
    assert.equal(most, Math.min(5_000, 100 * 2 ** failures) - 1);
  }
});
