/** A device under test with everything around it: broker, file server, directory, records. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type {
  ApplyContext,
  Config,
  ConfigHandler,
  Device,
  DeviceError,
  DeviceEvent,
  DeviceOptions,
} from '../../src/index.ts';
import { createDevice } from '../../src/index.ts';
import { type Published, startBroker, type TestBroker, WAIT_MS_MAX } from './broker.ts';
import { type Members, startFiles, type TestFiles } from './files.ts';

export const PRODUCT_KEY = 'a1B2c3D4e5F';
export const DEVICE_NAME = 'lamp-01';
export const DEVICE_SECRET = '0123456789abcdef0123456789abcdef';

export type Bench = {
  broker: TestBroker;
  files: TestFiles;
  dir: string;
  /** What the handler was called with, in order. */
  applied: { text: string; version: number | undefined; reason: ApplyContext['reason'] }[];
  events: DeviceEvent[];
  errors: DeviceError[];
  /** Starts a device in the directory; an earlier one should be closed. */
  start(options?: Partial<DeviceOptions>, handler?: ConfigHandler): Device;
  /** Starts a device and waits until it is connected. */
  connect(options?: Partial<DeviceOptions>, handler?: ConfigHandler): Promise<Device>;
  push(id: number, members: Members): void;
  /** Answers every `get` with this from now on. */
  answer(members: Members): void;
  /** The body of the next push_reply. */
  reply(): Promise<Reply>;
  /** Resolves at the first event of this type that has not been waited for. */
  event(type: DeviceEvent['type']): Promise<DeviceEvent>;
};

export type Reply = {
  id: string;
  code: number;
  message: string;
  data: { configVersion: number; sign: string };
};

const QUICK = {
  reconnect: { minMs: 0, maxMs: 0 },
  retry: { minMs: 0, maxMs: 0 },
  requestJitterMs: 0,
} satisfies Partial<DeviceOptions>;

export async function createBench(t: Pick<TestContext, 'after'>): Promise<Bench> {
  const broker = await startBroker();
  const files = await startFiles();
  const dir = await mkdtemp(join(tmpdir(), 'opencota-sdk-'));
  const devices: Device[] = [];
  const applied: Bench['applied'] = [];
  const journal = createJournal();
  t.after(async () => {
    await Promise.all(devices.map((device) => device.close()));
    await Promise.all([broker.close(), files.close(), rm(dir, { recursive: true })]);
  });

  function start(options: Partial<DeviceOptions> = {}, handler: ConfigHandler = () => {}): Device {
    const device = createDevice({
      host: broker.host,
      productKey: PRODUCT_KEY,
      deviceName: DEVICE_NAME,
      deviceSecret: DEVICE_SECRET,
      dir,
      ...QUICK,
      onError: journal.onError,
      onEvent: journal.onEvent,
      ...options,
    });
    devices.push(device);
    return device.onConfig((config: Config, context) => {
      applied.push({ text: config.text, version: config.version, reason: context.reason });
      return handler(config, context);
    });
  }

  return {
    broker,
    files,
    dir,
    applied,
    events: journal.events,
    errors: journal.errors,
    start,
    async connect(options, handler) {
      const device = start(options, handler);
      await journal.event('connected');
      return device;
    },
    push: (id, members) => broker.send(topic('push'), pushText(id, members)),
    answer: (members) => {
      broker.behaviour.answerGet = (get) => getReplyText(get.id, 200, members);
    },
    async reply() {
      const message: Published = await broker.take('/push_reply');
      // The SDK's own message: a wrong shape shows in the assertions.
      return message.body as Reply;
    },
    event: journal.event,
  };
}

type Journal = Pick<Bench, 'events' | 'errors' | 'event'> & {
  onEvent: (event: DeviceEvent) => void;
  onError: (error: DeviceError) => void;
};

function createJournal(): Journal {
  const events: DeviceEvent[] = [];
  const errors: DeviceError[] = [];
  const waitedFor = new Set<DeviceEvent>();
  const happened = new EventTarget();

  async function event(type: DeviceEvent['type']): Promise<DeviceEvent> {
    const signal = AbortSignal.timeout(WAIT_MS_MAX);
    for (;;) {
      const found = events.find((one) => one.type === type && !waitedFor.has(one));
      if (found !== undefined) {
        waitedFor.add(found);
        return found;
      }
      await once(happened, 'event', { signal });
    }
  }

  return {
    events,
    errors,
    event,
    onError: (error) => errors.push(error),
    onEvent: (one) => {
      events.push(one);
      happened.dispatchEvent(new Event('event'));
    },
  };
}

export function topic(name: 'get' | 'get_reply' | 'push' | 'push_reply'): string {
  return `/sys/${PRODUCT_KEY}/${DEVICE_NAME}/thing/config/${name}`;
}

export function pushText(id: number, members: object): string {
  return JSON.stringify({ id: String(id), version: '1.0', params: members, method: 'thing.config.push' });
}

export function getReplyText(id: unknown, code: number, data: object = {}): string {
  return JSON.stringify({ code, data, id, message: '', method: 'thing.config.get', version: '1.0' });
}
