/** TLS for devices: with a pre-shared key as the C Link SDK has it, and registration that is refused without TLS. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { IClientOptions } from 'mqtt';
import { selfSignedCertificate, TLS_SKIP_REASON } from '../mqtt/support/transports.ts';
import { AlinkDevice } from '../support/alink-device.ts';
import { createDevice, createDevices, createProduct, type DeviceIdentity } from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

/** All that the C SDK offers. */
const SDK_SUITE = 'PSK-AES128-CBC-SHA';
const TIMESTAMP = '2524608000000';

let dir: string;
let server: TestServer;

/** Identity and key as the C SDK 4.x makes them. */
function pskOf({ productKey, deviceName, deviceSecret }: DeviceIdentity) {
  const content = `id${productKey}&${deviceName}timestamp${TIMESTAMP}`;
  const key = createHmac('sha256', deviceSecret).update(content).digest('hex').toUpperCase();
  return {
    identity: `devicename|hmacsha256|${productKey}&${deviceName}|${TIMESTAMP}`,
    psk: Buffer.from(key),
  };
}

function connectByKey(identity: DeviceIdentity, options: IClientOptions = {}): Promise<AlinkDevice> {
  const tls = {
    ciphers: SDK_SUITE,
    maxVersion: 'TLSv1.2',
    pskCallback: () => pskOf(identity),
    checkServerIdentity: () => undefined,
  };
  return connectByTls(identity, { ...tls, ...options } as IClientOptions);
}

function connectByTls(identity: DeviceIdentity, options: IClientOptions = {}): Promise<AlinkDevice> {
  const protocol = { protocol: 'mqtts', rejectUnauthorized: false } as const;
  return AlinkDevice.connect(server.app.mqttsPort!, identity, { ...protocol, ...options });
}

/** What a registering device says. */
function registration({ productKey, productSecret }: { productKey: string; productSecret: string }) {
  const [deviceName, random] = ['lamp-1', '4711'];
  const content = `deviceName${deviceName}productKey${productKey}random${random}`;
  const sign = createHmac('sha256', productSecret).update(content).digest('hex');
  return { productKey, deviceName, random, sign, signMethod: 'hmacsha256' };
}

async function registerOverHttp(product: { productKey: string; productSecret: string }, headers = {}) {
  const body = new URLSearchParams(registration(product));
  const answer = await fetch(`${server.baseUrl}/auth/register/device`, { method: 'POST', body, headers });
  return (await answer.json()) as { code: number };
}

function registerOverMqtt(
  port: number,
  product: { productKey: string; productSecret: string },
  options: IClientOptions = {},
): Promise<AlinkDevice> {
  const { productKey, deviceName, random, sign } = registration(product);
  const identity = { productKey, deviceName, deviceSecret: '' };
  return AlinkDevice.connect(port, identity, {
    clientId: `${deviceName}.${productKey}|random=${random},authType=register,securemode=2,signmethod=hmacsha256|`,
    password: sign,
    ...options,
  });
}

suite('TLS for devices', { skip: TLS_SKIP_REASON }, () => {
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'opencota-tls-'));
    const { cert, key } = selfSignedCertificate();
    writeFileSync(join(dir, 'cert.pem'), cert);
    writeFileSync(join(dir, 'key.pem'), key);
    server = await startTestServer({
      environment: {
        OPENCOTA_MQTTS_PORT: '0',
        OPENCOTA_TLS_CERT: join(dir, 'cert.pem'),
        OPENCOTA_TLS_KEY: join(dir, 'key.pem'),
        OPENCOTA_TLS_PSK: 'on',
        OPENCOTA_PLAIN_REGISTRATION: 'refuse',
        OPENCOTA_TRUSTED_PROXIES: '127.0.0.0/8',
      },
    });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });

  test("a device connects by its key, in the C SDK's only suite, and is served like any other", async () => {
    const { productKey } = await createProduct(server.admin);
    const identity = await createDevice(server.admin, productKey);
    await server.admin.saveVersion(productKey, '{"v":1}');
    await using device = await connectByKey(identity);
    assert.equal((await device.get()).code, 200);
  });

  test('a wrong key, an unknown device and a disabled one fail alike; an identity of another make is unknown', async () => {
    const { productKey } = await createProduct(server.admin);
    const [lamp, disabled] = await createDevices(server.admin, productKey, ['lamp-1', 'lamp-2']);
    await server.admin.patch(`/products/${productKey}/devices/lamp-2`, { enabled: false });
    const handshake = (psk: { identity: string; psk: Buffer }) =>
      new Promise<unknown>((resolve) => {
        const options = { ciphers: SDK_SUITE, maxVersion: 'TLSv1.2', pskCallback: () => psk } as const;
        const socket = connectTls({ host: '127.0.0.1', port: server.app.mqttsPort!, ...options });
        socket.once('secureConnect', () => resolve(socket.destroy() && 'connected'));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      });
    const failures = [
      await handshake(pskOf({ ...lamp!, deviceSecret: 'wrong' })),
      await handshake(pskOf({ ...lamp!, deviceName: 'nobody' })),
      await handshake(pskOf(disabled!)),
    ];
    assert.deepEqual(failures, Array(3).fill('ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC'));
    for (const identity of ['lamp-1', pskOf(lamp!).identity.replace('sha256', 'md5'), '\u00ff|'])
      assert.equal(
        await handshake({ ...pskOf(lamp!), identity }),
        'ERR_SSL_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY',
      );
  });

  test('the key lets no device in as another: CONNECT is signed as ever', async () => {
    const { productKey } = await createProduct(server.admin);
    const [lamp, other] = await createDevices(server.admin, productKey, ['lamp-1', 'lamp-2']);
    const asOther = { ...lamp!, deviceName: other!.deviceName };
    await assert.rejects(connectByKey(asOther, { pskCallback: () => pskOf(lamp!) } as IClientOptions), {
      code: 4,
    });
  });

  test('while two secrets of a device are good, it connects with either at the second try at the latest', async () => {
    const { productKey } = await createProduct(server.admin);
    const old = await createDevice(server.admin, productKey);
    const rotated = await server.admin.post(`/products/${productKey}/devices/lamp-1/rotate-secret`, {});
    for (const deviceSecret of [old.deviceSecret, rotated.body.deviceSecret, old.deviceSecret]) {
      const identity = { ...old, deviceSecret };
      await using device = await connectByKey(identity).catch(() => connectByKey(identity));
      assert.equal(device.client.connected, true);
    }
  });

  test('a client that knows certificates gets one, in a suite with forward secrecy, and resumes its sessions', async () => {
    const handshake = async (options: object) => {
      const address = { host: '127.0.0.1', port: server.app.mqttsPort!, rejectUnauthorized: false };
      const socket = connectTls({ ...address, ...options }).resume();
      // It comes after the handshake, and only when the session is new.
      const ticket = new Promise<Buffer>((resolve) => socket.once('session', resolve));
      await once(socket, 'secureConnect');
      return { socket, ticket, [Symbol.dispose]: () => socket.destroy() };
    };
    const lamp = { productKey: 'a1Nobody', deviceName: 'lamp-1', deviceSecret: '' };
    const knowsBoth = { ciphers: `${SDK_SUITE}:ECDHE+AESGCM`, pskCallback: () => pskOf(lamp) };
    using older = await handshake({ maxVersion: 'TLSv1.2', ...knowsBoth });
    assert.match(older.socket.getCipher().name, /^ECDHE-ECDSA-.*GCM/);
    using first = await handshake({});
    using second = await handshake({ session: await first.ticket });
    assert.deepEqual([second.socket.getProtocol(), second.socket.isSessionReused()], ['TLSv1.3', true]);
  });

  test('registration is refused over TCP, and done over TLS', async () => {
    const product = await createProduct(server.admin, { registrationAllowed: true });
    await createDevices(server.admin, product.productKey, ['lamp-1']);
    await assert.rejects(registerOverMqtt(server.mqttPort, product), { code: 5 });
    const tls = { protocol: 'mqtts', rejectUnauthorized: false } as const;
    await using device = await registerOverMqtt(server.app.mqttsPort!, product, tls);
    const { deviceSecret } = JSON.parse(await device.next('/ext/register'));
    const identity = { productKey: product.productKey, deviceName: 'lamp-1', deviceSecret };
    await using _connected = await connectByTls(identity);
  });

  test('registration is refused over HTTP, and done where a trusted proxy says that it ended TLS', async () => {
    const product = await createProduct(server.admin, { registrationAllowed: true });
    await createDevices(server.admin, product.productKey, ['lamp-1']);
    assert.equal((await registerOverHttp(product)).code, 400);
    const invented = { 'X-Forwarded-Proto': 'https, http' };
    assert.equal((await registerOverHttp(product, invented)).code, 400);
    const headers = { 'X-Forwarded-Proto': 'https' };
    assert.equal((await registerOverHttp(product, headers)).code, 200);
    const webSocket = { protocol: 'ws', path: '/mqtt' } as const;
    await assert.rejects(registerOverMqtt(server.app.httpPort, product, webSocket), { code: 5 });
    await using _registered = await registerOverMqtt(server.app.httpPort, product, {
      ...webSocket,
      wsOptions: { headers },
    });
  });

  test('a gateway gets no secrets for its sub-devices over TCP, of either kind', async () => {
    const { productKey } = await createProduct(server.admin, { registrationAllowed: true });
    const [gate, sensor] = await createDevices(server.admin, productKey, ['gate-1', 'sensor-1']);
    const ask = async (device: AlinkDevice, topic: string, params: unknown) => {
      await device.publish(topic, { id: '1', params });
      return JSON.parse(await device.next(`${topic}_reply`)).code;
    };
    const { deviceName } = sensor!;
    await using plain = await AlinkDevice.connect(server.mqttPort, gate!);
    assert.equal(await ask(plain, 'thing/sub/register', [{ productKey, deviceName }]), 400);
    assert.equal(await ask(plain, 'thing/proxy/provisioning/product_register', { proxieds: [] }), 400);
    await using encrypted = await connectByTls(gate!);
    assert.equal(await ask(encrypted, 'thing/sub/register', [{ productKey, deviceName }]), 200);
  });
});
