/**
 * What every implementation of the `Gateway` port keeps, whatever carries its messages.
 *
 * The suite speaks of devices, pushes and replies only. An implementation gives it a way to start
 * with a given core and to let a device connect.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ConfigPushReply } from '@opencota/contract/alink/messages';
import type { DeviceCore, Gateway, PushMessage, SignedInDevice } from '../../src/domain/gateway-port.ts';

/** A connected device, seen from its own side. Every wait is bounded and fails by throwing. */
export interface ConnectedDevice {
  /** The next push. `receive` acknowledges it. */
  nextPush(): Promise<{ payload: string; receive(): void }>;
  /** Asks for the configuration and returns the reply. */
  ask(payload: string): Promise<string>;
  /** Reports; resolves when the gateway has acknowledged it. */
  report(payload: string): Promise<void>;
  unsubscribeFromPushes(): Promise<void>;
  /** The next notice of a changed topology. */
  nextTopologyChange(): Promise<string>;
  /** Drops the connection. */
  leave(): Promise<void>;
  /** Resolves when the gateway has dropped the connection. */
  readonly dropped: Promise<void>;
}

export interface GatewaySubject extends AsyncDisposable {
  gateway: Gateway;
  /** Lets a device connect and waits until its session is open. */
  connect(device: SignedInDevice): Promise<ConnectedDevice>;
}

export type StartGateway = (core: DeviceCore) => Promise<GatewaySubject>;

const lamp: SignedInDevice = {
  id: 1,
  productId: 1,
  productKey: 'a1Product01',
  deviceName: 'lamp-1',
  hasExtension: false,
  takesInline: false,
};
const other: SignedInDevice = { ...lamp, id: 2, deviceName: 'lamp-2' };

function pushOf(device: SignedInDevice, messageId: number): PushMessage {
  const { productKey, deviceName } = device;
  return { deviceId: device.id, productKey, deviceName, messageId, payload: `{"id":"${messageId}"}` };
}

export function gatewayConformance(name: string, start: StartGateway): void {
  const conform: Conform = (rule, check) => {
    test(`${name}: ${rule}`, async () => {
      const core = new RecordingCore([lamp, other]);
      await using subject = await start(core);
      await check(subject, core);
    });
  };
  conformOnSessions(conform);
  conformOnPushes(conform);
  conformOnTopology(conform);
  conformOnUplinks(conform);
}

type Check = (subject: GatewaySubject, core: RecordingCore) => Promise<void>;
type Conform = (rule: string, check: Check) => void;

function conformOnSessions(conform: Conform): void {
  conform('a device without a session is not pushed to', async ({ gateway }) => {
    assert.equal(gateway.push(pushOf(lamp, 1)), false);
    assert.equal(gateway.sessionCount(), 0);
    gateway.endSession(lamp.id);
  });

  conform('a session is announced, counted, and its end told once', async ({ gateway, connect }, core) => {
    const device = await connect(lamp);
    assert.deepEqual([core.opened, gateway.sessionCount()], [[lamp.id], 1]);
    await device.leave();
    await core.until(() => core.closed.length > 0);
    assert.deepEqual([core.closed, gateway.sessionCount()], [[lamp.id], 0]);
    assert.equal(gateway.push(pushOf(lamp, 1)), false);
  });

  conform(
    'a newer connection takes over without the core hearing an end',
    async ({ gateway, connect }, core) => {
      const older = await connect(lamp);
      const newer = await connect(lamp);
      await older.dropped;
      assert.deepEqual([core.opened, core.closed, gateway.sessionCount()], [[lamp.id, lamp.id], [], 1]);
      gateway.push(pushOf(lamp, 5));
      assert.equal((await newer.nextPush()).payload, '{"id":"5"}');
    },
  );

  conform('a session that is ended drops its device and no other', async ({ gateway, connect }, core) => {
    const [device, bystander] = [await connect(lamp), await connect(other)];
    gateway.endSession(lamp.id);
    assert.equal(gateway.push(pushOf(lamp, 1)), false);
    await device.dropped;
    await core.until(() => core.closed.length > 0);
    assert.deepEqual([core.closed, gateway.sessionCount()], [[lamp.id], 1]);
    gateway.push(pushOf(other, 2));
    await bystander.nextPush();
  });
}

function conformOnPushes(conform: Conform): void {
  conform('a push reaches its device only, unchanged and in order', async ({ gateway, connect }) => {
    const [device, bystander] = [await connect(lamp), await connect(other)];
    assert.deepEqual(
      [gateway.push(pushOf(lamp, 7)), gateway.push(pushOf(lamp, 8)), gateway.push(pushOf(other, 9))],
      [true, true, true],
    );
    assert.equal((await device.nextPush()).payload, '{"id":"7"}');
    assert.equal((await device.nextPush()).payload, '{"id":"8"}');
    assert.equal((await bystander.nextPush()).payload, '{"id":"9"}');
  });

  conform(
    'a push counts as received when the device acknowledges it, not before',
    async ({ gateway, connect }, core) => {
      const device = await connect(lamp);
      gateway.push(pushOf(lamp, 4_294_967_295));
      const push = await device.nextPush();
      assert.deepEqual(core.received, []);
      push.receive();
      await core.until(() => core.received.length > 0);
      assert.deepEqual(core.received, [[lamp.id, 4_294_967_295]]);
    },
  );

  conform('a device that has unsubscribed is not pushed to', async ({ gateway, connect }) => {
    const device = await connect(lamp);
    await device.unsubscribeFromPushes();
    assert.equal(gateway.push(pushOf(lamp, 1)), false);
  });
}

function conformOnTopology(conform: Conform): void {
  const change = {
    gatewayId: lamp.id,
    status: 'removed',
    devices: [{ productKey: 'pk', deviceName: 'sensor-1' }],
  } as const;

  conform(
    'a changed topology is told to its gateway device and to nobody else',
    async ({ gateway, connect }) => {
      const [device, bystander] = [await connect(lamp), await connect(other)];
      gateway.topologyChanged(change);
      const { id, params, method } = JSON.parse(await device.nextTopologyChange());
      assert.match(id, /^[0-9]{1,10}$/);
      assert.deepEqual([params, method], [{ status: 1, subList: change.devices }, 'thing.topo.change']);
      gateway.push(pushOf(other, 2));
      assert.equal((await bystander.nextPush()).payload, '{"id":"2"}');
    },
  );

  conform(
    'a changed topology is not kept for a gateway device that is away',
    async ({ gateway, connect }) => {
      gateway.topologyChanged(change);
      const device = await connect(lamp);
      gateway.push(pushOf(lamp, 3));
      assert.equal((await device.nextPush()).payload, '{"id":"3"}');
    },
  );
}

function conformOnUplinks(conform: Conform): void {
  conform('a request is answered with what the core says, at once or later', async ({ connect }, core) => {
    const device = await connect(lamp);
    core.answer = 'at once';
    assert.equal(await device.ask('{"id":"3"}'), 'at once');
    core.answer = Promise.resolve('later');
    assert.equal(await device.ask('{"id":"4"}'), 'later');
    assert.deepEqual(core.asked, ['3', '4']);
  });

  conform('a request that cannot be read reaches the core as such', async ({ connect }, core) => {
    const device = await connect(lamp);
    core.answer = 'what?';
    assert.equal(await device.ask('not JSON'), 'what?');
    assert.deepEqual(core.asked, [undefined]);
  });

  conform('a report is acknowledged only when it is stored', async ({ connect }, core) => {
    const device = await connect(lamp);
    const stored = Promise.withResolvers<void>();
    core.store = () => stored.promise;
    let isAcknowledged = false;
    const reported = device.report('{"id":"3","code":200,"data":{}}').then(() => {
      isAcknowledged = true;
    });
    await core.until(() => core.reported.length > 0);
    assert.equal(isAcknowledged, false);
    stored.resolve();
    await reported;
    assert.deepEqual(core.reported, [{ kind: 'reply', id: '3', code: 200, message: '' }]);
  });

  conform('a report that cannot be stored is never acknowledged', async ({ connect }, core) => {
    const device = await connect(lamp);
    core.store = () => Promise.reject(new Error('disk full'));
    await assert.rejects(device.report('{"id":"3","code":200,"data":{}}'));
    await device.dropped;
  });
}

const WAIT_MS = 5_000;

/** A core that lets the given devices in, whatever they sign with, and writes down what it is told. */
class RecordingCore implements DeviceCore {
  readonly opened: number[] = [];
  readonly closed: number[] = [];
  readonly received: [deviceId: number, messageId: number][] = [];
  readonly asked: (string | undefined)[] = [];
  readonly reported: ConfigPushReply[] = [];
  answer: string | Promise<string> = '{}';
  store: () => Promise<void> = () => Promise.resolve();
  readonly #devices: readonly SignedInDevice[];
  readonly #waiting = new Set<() => void>();

  constructor(devices: readonly SignedInDevice[]) {
    this.#devices = devices;
  }

  /** Waits until something the core was told makes the condition true. */
  async until(condition: () => boolean): Promise<void> {
    const timeout = AbortSignal.timeout(WAIT_MS);
    while (!condition()) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      timeout.addEventListener('abort', () => reject(new Error('the core was never told')), { once: true });
      this.#waiting.add(resolve);
      await promise;
    }
  }

  #told(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async signIn(claim: Parameters<DeviceCore['signIn']>[0]): ReturnType<DeviceCore['signIn']> {
    const device = this.#devices.find(({ deviceName }) => deviceName === claim.deviceName);
    return device === undefined ? { kind: 'refused' } : { kind: 'ok', device };
  }

  async register(): ReturnType<DeviceCore['register']> {
    return { kind: 'refused' };
  }

  async signInSubDevice(): ReturnType<DeviceCore['signInSubDevice']> {
    return { kind: 'refused' };
  }

  async registerSubDevices(): ReturnType<DeviceCore['registerSubDevices']> {
    return { kind: 'ok', devices: [] };
  }

  async registerByProxy(): ReturnType<DeviceCore['registerByProxy']> {
    return { kind: 'refused' };
  }

  async addToTopology(): ReturnType<DeviceCore['addToTopology']> {
    return { kind: 'ok', moved: [] };
  }

  async removeFromTopology(): ReturnType<DeviceCore['removeFromTopology']> {
    return { kind: 'ok' };
  }

  async listTopology(): ReturnType<DeviceCore['listTopology']> {
    return [];
  }

  sessionOpened(device: SignedInDevice): void {
    this.opened.push(device.id);
    this.#told();
  }

  sessionClosed(device: SignedInDevice): void {
    this.closed.push(device.id);
    this.#told();
  }

  requestConfig(...[, request]: Parameters<DeviceCore['requestConfig']>): string | Promise<string> {
    this.asked.push(request?.id);
    return this.answer;
  }

  async reportReply(_device: SignedInDevice, reply: ConfigPushReply): Promise<void> {
    this.reported.push(reply);
    this.#told();
    await this.store();
  }

  pushReceived(device: SignedInDevice, messageId: number): void {
    this.received.push([device.id, messageId]);
    this.#told();
  }
}
