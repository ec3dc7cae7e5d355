/**
 * The devices of one side in one load process, and what they do all together.
 *
 * Whatever can be made before the clock runs is made before: CONNECT packets are signed when the fleet is
 * opened. How many devices act at once is bounded, as a crowd that waits in the kernel measures nothing.
 */
import { hash } from 'node:crypto';
import { deviceTopic, downlinkTopic } from '@opencota/contract/alink/topics';
import { connectOf, encodeGet, encodeReply, type Identity, type Offer, readAnswer } from '../src/alink.ts';
import { encodeConnect, encodePublish, encodeSubscribe } from '../src/mqtt-wire.ts';
import { HttpConnection } from './http-connection.ts';
import { LoadSession } from './load-session.ts';
import type { LoadTask, Ports } from './messages.ts';
import { createSource, type Source } from './source.ts';

const KEEP_ALIVE_SECONDS = 1_200;
const CONNECTS_AT_ONCE = 256;
/** Mosquitto lets 100 wait at its door; who is turned away comes again after a second. */
const BROKER_CONNECTS_AT_ONCE = 64;
const REQUESTS_AT_ONCE = 512;
const DOWNLOADS_AT_ONCE = 64;
const REPLY_PACKET_ID = 1;
const SUBSCRIBE_PACKET_ID = 2;
/** As many as the server's answer to a request has, more or less. */
const AS_LONG_AS_A_REPLY = 'x'.repeat(400);
const APPLIED = 200;

/** Starts the task and resolves with the number of operations when it is done. */
export type Go = () => Promise<number>;

type LoadDevice = Identity & {
  connectPacket: Buffer;
  /** The same of a device that takes contents in the message. */
  inlineConnectPacket: Buffer;
  session: LoadSession | undefined;
  offer: Offer | undefined;
};

export class LoadFleet {
  readonly #devices: LoadDevice[];
  readonly #mqttSource: Source;
  readonly #httpSource: Source;
  readonly #isAtBroker: boolean;
  #ports: Ports = { mqttPort: 0, httpPort: 0 };

  /** `isAtBroker`: connects by password, and asks a broker for nothing but its own message back. */
  constructor(devices: readonly Identity[], sourceAddress: string | null, isAtBroker: boolean) {
    this.#isAtBroker = isAtBroker;
    this.#mqttSource = createSource(sourceAddress);
    this.#httpSource = createSource(sourceAddress);
    this.#devices = devices.map((identity) => {
      const options = { isLink: false, keepAliveSeconds: KEEP_ALIVE_SECONDS, nowMs: Date.now() };
      const connect = connectOf(identity, options);
      const password = isAtBroker ? identity.deviceSecret : connect.password;
      const connectPacket = encodeConnect({ ...connect, password });
      const inlineConnectPacket = encodeConnect(connectOf(identity, { ...options, takesInline: true }));
      return { ...identity, connectPacket, inlineConnectPacket, session: undefined, offer: undefined };
    });
  }

  /** Gets ready; nothing of the task is sent before the answer is called. */
  async prepare(ports: Ports, task: LoadTask): Promise<Go> {
    this.#ports = ports;
    switch (task.kind) {
      case 'connect':
        await this.#disconnect();
        return () =>
          inParallel(this.#devices, this.#isAtBroker ? BROKER_CONNECTS_AT_ONCE : CONNECTS_AT_ONCE, (device) =>
            this.#connect(device, task.takesInline),
          );
      case 'disconnect':
        return () => this.#disconnect();
      case 'request':
        if (this.#isAtBroker) await this.#subscribeAll();
        return () => this.#requestAll(task.perDevice);
      case 'download':
        await this.#findLinks();
        return () => this.#downloadAll(task.isKeptAlive);
      case 'rollout':
        return this.#prepareRollout(task.isInline);
      default:
        return task satisfies never;
    }
  }

  async #connect(device: LoadDevice, takesInline: boolean): Promise<void> {
    const session = new LoadSession(this.#ports.mqttPort, this.#mqttSource);
    device.session = session;
    const answer = session.expect('connack');
    session.send(takesInline ? device.inlineConnectPacket : device.connectPacket);
    const { code } = await answer;
    if (code !== 0) throw new Error(`${device.deviceName} was refused with CONNACK ${code}`);
  }

  async #disconnect(): Promise<number> {
    await Promise.all(this.#devices.map(({ session }) => session?.close()));
    for (const device of this.#devices) device.session = undefined;
    return this.#devices.length;
  }

  async #requestAll(perDevice: number): Promise<number> {
    let count = 0;
    for (let time = 0; time < perDevice; time++)
      count += await inParallel(this.#devices, REQUESTS_AT_ONCE, (device) => this.#request(device));
    return count;
  }

  async #request(device: LoadDevice): Promise<void> {
    const { productKey, deviceName } = device;
    const session = connected(device);
    const answer = session.expect('publish');
    if (this.#isAtBroker) {
      session.send(encodePublish(downlinkTopic.configGetReply(productKey, deviceName), AS_LONG_AS_A_REPLY));
      await answer;
      return;
    }
    session.send(encodePublish(deviceTopic.configGet(productKey, deviceName), encodeGet('1', 0)));
    device.offer = offerIn('get', (await answer).payload);
  }

  /** Once for a connection would do; a broker answers every time. */
  async #subscribeAll(): Promise<void> {
    await inParallel(this.#devices, REQUESTS_AT_ONCE, async (device) => {
      const { productKey, deviceName } = device;
      const session = connected(device);
      const answer = session.expect('suback');
      session.send(
        encodeSubscribe(SUBSCRIBE_PACKET_ID, [downlinkTopic.configGetReply(productKey, deviceName)]),
      );
      await answer;
    });
  }

  /** Links that an earlier task did not bring. */
  async #findLinks(): Promise<void> {
    const without = this.#devices.filter(({ offer }) => offer === undefined);
    await inParallel(without, REQUESTS_AT_ONCE, (device) => this.#request(device));
  }

  async #downloadAll(isKeptAlive: boolean): Promise<number> {
    const idle = isKeptAlive
      ? Array.from({ length: DOWNLOADS_AT_ONCE }, () => this.#openHttp())
      : ([] as HttpConnection[]);
    const count = await inParallel(this.#devices, DOWNLOADS_AT_ONCE, async ({ offer }) => {
      const connection = idle.pop() ?? this.#openHttp();
      await fetchFile(connection, offer!);
      if (isKeptAlive) idle.push(connection);
      else connection.close();
    });
    for (const connection of idle) connection.close();
    return count;
  }

  #openHttp(): HttpConnection {
    const { httpPort: port } = this.#ports;
    return new HttpConnection({ port, source: this.#httpSource });
  }

  /** Every device waits for its push from here on, so none can come too early. */
  #prepareRollout(isInline: boolean): Go {
    const slots = new Slots(DOWNLOADS_AT_ONCE);
    const devices = this.#devices.map((device) => ({ device, push: connected(device).expect('publish') }));
    for (const { push } of devices) push.catch(() => {});
    return async () => {
      await Promise.all(
        devices.map(async ({ device, push }) => {
          const offer = offerIn('push', (await push).payload);
          if (isInline) checkContent(offer);
          else await slots.run(() => this.#fetch(offer));
          await this.#confirm(device, offer);
        }),
      );
      return devices.length;
    };
  }

  async #fetch(offer: Offer): Promise<void> {
    const connection = this.#openHttp();
    await fetchFile(connection, offer);
    connection.close();
  }

  /** The reply counts when it is acknowledged: it is stored then. */
  async #confirm(device: LoadDevice, { id, version = 0, sha256 }: Offer): Promise<void> {
    const { productKey, deviceName } = device;
    const session = connected(device);
    const acknowledged = session.expect('puback');
    const text = encodeReply({ id, code: APPLIED, message: '', runningVersion: version, sha256 });
    session.send(encodePublish(deviceTopic.configPushReply(productKey, deviceName), text, REPLY_PACKET_ID));
    await acknowledged;
  }
}

function connected({ session, deviceName }: LoadDevice): LoadSession {
  if (session === undefined) throw new Error(`${deviceName} is not connected`);
  return session;
}

function offerIn(via: Offer['via'], payload: string): Offer {
  const answer = readAnswer(via, payload);
  if (answer.kind !== 'offer') throw new Error(`a device was answered: ${payload.slice(0, 200)}`);
  return answer.offer;
}

async function fetchFile(connection: HttpConnection, { url, sha256 }: Offer): Promise<void> {
  const body = await connection.get(url.slice(url.indexOf('/', 'http://'.length)));
  if (hash('sha256', body) !== sha256) throw new Error('a download did not have its digest');
}

function checkContent({ content, sha256 }: Offer): void {
  if (content === undefined) throw new Error('a push came without its content');
  if (hash('sha256', content) !== sha256) throw new Error('a content did not have its digest');
}

/** @returns how many items there were. */
async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<number> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return items.length;
}

/** Lets so many work at once; the others wait in their turn. */
class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
