/**
 * A device driven by hand, on the `mqtt` client: it says only what a test tells it to say and shows every
 * message that comes. Its messages are text on Alink's topics; nothing of our own SDK is in it.
 */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { DeviceIdentity } from './test-product.ts';

const WAIT_MS = 10_000;
const TIMESTAMP = '2524608000000';

/** A configuration on offer, as `push` and `get_reply` carry it. */
export type Offer = {
  id: string;
  url: string;
  sign: string;
  configId: string;
  configSize: number;
  configVersion?: number;
  text: string;
};

export type GetReply = { id: string; code: number; text: string; data: Partial<Offer> };

/** User name, client id and password of a device (`alink.md` 3.1). */
export function signedConnect(
  { productKey, deviceName, deviceSecret }: DeviceIdentity,
  { parameters = '', method = 'sha256' }: { parameters?: string; method?: 'sha256' | 'sha1' | 'md5' } = {},
) {
  const id = `${productKey}.${deviceName}`;
  const content = `clientId${id}deviceName${deviceName}productKey${productKey}timestamp${TIMESTAMP}`;
  return {
    clientId: `${id}|timestamp=${TIMESTAMP},securemode=3,signmethod=hmac${method}${parameters}|`,
    username: `${deviceName}&${productKey}`,
    password: createHmac(method, deviceSecret).update(content).digest('hex'),
  };
}

export class AlinkDevice implements AsyncDisposable {
  readonly identity: DeviceIdentity;
  readonly client: MqttClient;
  /** Every message that came, in order. */
  readonly messages: { topic: string; text: string }[] = [];
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  #taken = 0;
  #wake: () => void = () => {};

  private constructor(identity: DeviceIdentity, client: MqttClient) {
    this.identity = identity;
    this.client = client;
    client.on('message', (topic, payload) => {
      this.messages.push({ topic, text: payload.toString() });
      this.#wake();
    });
    client.on('error', () => {});
    this.closed = new Promise((resolve) => client.once('close', () => resolve()));
  }

  /** Rejects when the server refuses it; the error's `code` is the CONNACK's. */
  static async connect(
    port: number,
    identity: DeviceIdentity,
    options: IClientOptions & { parameters?: string } = {},
  ): Promise<AlinkDevice> {
    const { parameters = '', ...rest } = options;
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
      ...signedConnect(identity, { parameters }),
      reconnectPeriod: 0,
      keepalive: 60,
      ...rest,
    });
    const device = new AlinkDevice(identity, client);
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(new Error('closed before CONNACK')));
    });
    return device;
  }

  topic(suffix: string): string {
    const { productKey, deviceName } = this.identity;
    return `/sys/${productKey}/${deviceName}/${suffix}`;
  }

  /** Resolves when it has left (QoS 0) or was acknowledged (QoS 1). */
  async publish(suffix: string, body: object | string, qos: 0 | 1 = 0): Promise<void> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    await this.client.publishAsync(this.topic(suffix), text, { qos });
  }

  /** The next message on a topic that ends so; earlier ones on other topics are passed over. */
  async next(suffix: string): Promise<string> {
    const end = performance.now() + WAIT_MS;
    for (;;) {
      while (this.#taken < this.messages.length) {
        const { topic, text } = this.messages[this.#taken++]!;
        if (topic.endsWith(suffix)) return text;
      }
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error(`${this.identity.deviceName} waited in vain for ${suffix}`);
      await this.#message(leftMs);
    }
  }

  #message(leftMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, leftMs);
    this.#wake = resolve;
    return promise.finally(() => clearTimeout(timer));
  }

  async nextPush(): Promise<Offer> {
    const text = await this.next('thing/config/push');
    const { id, params } = JSON.parse(text);
    return { ...params, id, text };
  }

  /** How many pushes have come so far. */
  get pushCount(): number {
    return this.messages.filter(({ topic }) => topic.endsWith('thing/config/push')).length;
  }

  async get(params: object = { configScope: 'product', getType: 'file' }): Promise<GetReply> {
    await this.publish('thing/config/get', { id: '1', version: '1.0', params, method: 'thing.config.get' });
    const text = await this.next('thing/config/get_reply');
    const { id, code, data } = JSON.parse(text);
    return { id, code, data, text };
  }

  /** Resolves when the server has stored it. */
  reply(id: string, code: number, more: object = { data: {} }): Promise<void> {
    return this.publish('thing/config/push_reply', { id, code, ...more }, 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.endAsync(true);
  }
}

/** Fetches what is on offer as a device does, and checks length and digest. */
export async function download(offer: Partial<Offer>): Promise<string> {
  const response = await fetch(offer.url!);
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(response.status, 200, bytes.toString());
  assert.equal(bytes.length, offer.configSize);
  assert.equal(createHash('sha256').update(bytes).digest('hex'), offer.sign);
  return bytes.toString();
}

/** The problem code of a link that does not open. */
export async function refusalOf(offer: Partial<Offer>): Promise<string> {
  const response = await fetch(offer.url!);
  const text = await response.text();
  assert.ok(response.status >= 400, `${response.status}: ${text}`);
  return JSON.parse(text).code;
}
