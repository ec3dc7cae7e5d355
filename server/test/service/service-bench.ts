/** What the tests of single services share: a real store, a clock that only the test moves, and counted events. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import type { Clock, Instant } from '../../src/domain/clock.ts';
import type { Device } from '../../src/domain/device.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { Actor } from '../../src/domain/people.ts';
import type { Product, ProductSettings } from '../../src/domain/product.ts';
import type { Store } from '../../src/domain/store-port.ts';
import { createEvents } from '../../src/observe/events.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { systemActor } from '../../src/service/identify.ts';
import { createProductCache } from '../../src/service/product-cache.ts';
import { createSealer } from '../../src/service/sealing.ts';
import { openSqliteStore } from '../../src/sql/store.ts';
import { createDevices, createProduct, SETTINGS, saveVersion } from '../conformance/store-bench.ts';

const START_WALL_MS = Date.UTC(2026, 0, 15, 8);

export type TestStore = Store & {
  /** How often it was read. */
  readCount(): number;
  /** From now on every read or write fails with this; undefined: none does. */
  failReads(error: Error | undefined): void;
  failWrites(error: Error | undefined): void;
};

export type TestClock = Clock & { advance(ms: number): void; setWall(ms: number): void };

export type Bench = ReturnType<typeof openBench>;

export function openBench(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'opencota-service-'));
  const opened = openSqliteStore(join(dir, 'store.db'));
  t.after(async () => {
    await opened[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });
  const store = observed(opened);
  const metrics = createMetrics();
  const events = createEvents(pino({ level: 'silent' }), metrics);
  const sealer = createSealer(randomBytes(32));
  const products = createProductCache(store);
  return { dir, store, clock: createTestClock(), metrics, events, sealer, products, admin: systemActor() };
}

function observed(store: Store): TestStore {
  let reads = 0;
  let readError: Error | undefined;
  let writeError: Error | undefined;
  return {
    read(work) {
      reads += 1;
      return readError === undefined ? store.read(work) : Promise.reject(readError);
    },
    write: (work) => (writeError === undefined ? store.write(work) : Promise.reject(writeError)),
    writeWaitMs: () => store.writeWaitMs(),
    backup: (path) => store.backup(path),
    readCount: () => reads,
    failReads(error) {
      readError = error;
    },
    failWrites(error) {
      writeError = error;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

export function createTestClock(): TestClock {
  let instant: Instant = { wallMs: START_WALL_MS, serviceMs: 10_000 };
  return {
    now: () => instant,
    advance(ms) {
      instant = { wallMs: instant.wallMs + ms, serviceMs: instant.serviceMs + ms };
    },
    setWall(ms) {
      instant = { ...instant, wallMs: instant.wallMs + ms };
    },
  };
}

/** A product with its switch on, a saved version and devices, as the store has them. */
export async function createLamps(
  { store }: Bench,
  names: readonly string[] = ['lamp-1'],
  content = '{"a":1}',
): Promise<{ product: Product; devices: Device[] }> {
  const { id } = await createProduct(store);
  const product = { id } as Product;
  await saveVersion(store, product, content);
  const found = (await store.read((tx) => tx.products.findById(id)))!;
  return { product: found, devices: await createDevices(store, found, names) };
}

export function changeSettings(
  { store }: Bench,
  productId: number,
  change: Partial<ProductSettings>,
): Promise<Product> {
  return store.write((tx) => tx.products.update(productId, { ...SETTINGS, ...change }));
}

export const diskFull = () => new DomainError('storage-full', 'The disk is full.');

/** Somebody else than the system. */
export function personNamed(name: string, actor: Actor): Actor {
  return { ...actor, kind: 'user', name };
}

/** The value of a counter, over all labels or for one. */
export async function countOf(
  counter: { get(): Promise<{ values: { value: number; labels: object }[] }> },
  labels: Record<string, string> = {},
): Promise<number> {
  const { values } = await counter.get();
  return values
    .filter((each) => Object.entries(labels).every(([key, value]) => Reflect.get(each.labels, key) === value))
    .reduce((sum, { value }) => sum + value, 0);
}
