/**
 * Something to look at: a product in the middle of a rollout that does not go well for everybody, one that is
 * switched off, people, a token, and a draft with a mistake in it.
 */
import assert from 'node:assert/strict';
import {
  createDevices,
  createProduct,
  type DeviceIdentity,
  numbered,
  untilOnline,
} from '../../../server/test/support/test-product.ts';
import { type TestServer, until } from '../../../server/test/support/test-server.ts';
import type { Behaviour } from '../../../sim/src/behaviour.ts';
import { createFleet } from '../../../sim/src/simulate.ts';

const SEED = 7;
const CONTENTS = [
  config({ brightness: 70, from: '21:00', report: 300 }),
  config({ brightness: 55, from: '20:30', report: 300 }),
  config({ brightness: 60, from: '17:30', report: 60 }),
];
const NEXT = config({ brightness: 80, from: '17:30', report: 60 });
/** What people wrote. */
const WORDS = {
  en: {
    product: 'Street lamp',
    others: { off: 'Thermostat', saved: 'Water meter' },
    notes: ['Summer', 'Less light after midnight', 'Winter hours, report every minute'],
    next: 'Bright on the ring road',
  },
  zh: {
    product: '路灯',
    others: { off: '温控器', saved: '水表' },
    notes: ['夏季', '午夜后调暗', '冬季时间，每分钟上报'],
    next: '环路调亮',
  },
} as const;
/** A comma is missing. */
const DRAFT = config({ brightness: 65, from: '17:00', report: 120 }).replace('65,', '65');
const METERS = 3;
const REFUSAL = 'brightness 60 is over the limit of this lamp (50): driver board rev. A';

export type LivelyFleet = AsyncDisposable & {
  readonly productKey: string;
  /** The one that goes on. */
  readonly rolloutId: number;
  /** One that is behind, one that refused, one that was never here. */
  readonly devices: { waiting: string; failed: string; offline: string };
};

type Options = {
  deviceCount: number;
  language?: keyof typeof WORDS;
  /** How long the last of the devices that hold the rollout up takes to download; the others less. */
  slowMs?: number;
};

export async function seedLivelyFleet(server: TestServer, options: Options): Promise<LivelyFleet> {
  const { deviceCount, language = 'en', slowMs = 600_000 } = options;
  const words = WORDS[language];
  const { admin } = server;
  await seedOthers(server, words.others);
  const { productKey } = await createProduct(admin, { name: words.product });
  const identities = await importLamps(server, productKey, deviceCount);
  const devices = identities.map((identity, index) => ({
    ...identity,
    behaviour: behaviourOf(index, (slowMs * index) / deviceCount),
  }));
  const fleet = createFleet({
    mqttUrl: `mqtt://127.0.0.1:${server.mqttPort}`,
    devices,
    seed: SEED,
    requestJitterMs: 0,
  });
  fleet.start();
  const rolloutId = await seedHistory(server, productKey, {
    notes: words.notes,
    onlineCount: fleet.punctualCount,
  });
  await admin.saveVersion(productKey, NEXT, words.next);
  await writeDraft(server, productKey);
  const of = (index: number) => identities[index]!.deviceName;
  return {
    productKey,
    rolloutId,
    devices: { waiting: of(2), failed: of(1), offline: of(3) },
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  };
}

/** Every tenth refuses, every tenth takes long, every tenth is away; an old SDK is among them. */
function behaviourOf(index: number, slowMs: number): Behaviour {
  switch (index % 10) {
    case 1:
      return { kind: 'failing', message: REFUSAL };
    case 2:
      return { kind: 'slow', downloadDelayMs: slowMs, applyDelayMs: 0 };
    case 3:
      return { kind: 'offline' };
    case 4:
      return { kind: 'linkSdk', requestId: '123' };
    default:
      return { kind: 'good' };
  }
}

async function importLamps(server: TestServer, productKey: string, count: number): Promise<DeviceIdentity[]> {
  const streets = ['ring', 'north', 'harbour'];
  const rows = Array.from({ length: count }, (_, index) => {
    const street = streets[index % streets.length]!;
    return `lamp-${street}-${String(index + 1).padStart(3, '0')},street=${street}${index % 5 === 0 ? ';beta' : ''}`;
  });
  const imported = await server.admin.send('POST', `/products/${productKey}/devices/bulk`, {
    raw: `deviceName,tags\n${rows.join('\n')}\n`,
    headers: { 'content-type': 'text/csv' },
  });
  assert.equal(imported.body.created, count, imported.text.slice(0, 500));
  return imported.body.rows.map(({ deviceName, deviceSecret }: DeviceIdentity) => ({
    productKey,
    deviceName,
    deviceSecret,
  }));
}

/** Pushes one version after the other. @returns the last rollout's id. */
async function seedHistory(
  server: TestServer,
  productKey: string,
  { notes, onlineCount }: { notes: readonly string[]; onlineCount: number },
): Promise<number> {
  let rolloutId = 0;
  await untilOnline(server.admin, productKey, onlineCount);
  for (const [index, content] of CONTENTS.entries()) {
    const note = notes[index];
    const { number } = await server.admin.saveVersion(productKey, content, note);
    ({ id: rolloutId } = await server.push(productKey, number, { note }));
    await until('most devices have it', async () => {
      const { body } = await server.admin.get(`/rollouts/${rolloutId}`);
      return (
        body.counters.applied + body.counters.downloaded >= onlineCount * 0.6 && body.counters.failed > 0
      );
    });
  }
  return rolloutId;
}

async function writeDraft({ admin }: TestServer, productKey: string): Promise<void> {
  const path = `/products/${productKey}/draft`;
  const { headers } = await admin.get(path);
  const written = await admin.send('PUT', path, {
    raw: DRAFT,
    headers: { 'if-match': headers.get('etag')! },
  });
  assert.equal(written.status, 200, written.text);
}

async function seedOthers(server: TestServer, names: { off: string; saved: string }): Promise<void> {
  const { admin } = server;
  await createProduct(admin, { name: names.off, enabled: false });
  const meters = await createProduct(admin, { name: names.saved });
  await createDevices(admin, meters.productKey, numbered('meter', METERS));
  await admin.saveVersion(meters.productKey, '{"readEveryMinutes": 15}');
  await server.signInAs('mei', ['editor']);
  await server.signInAs('jonas', ['operator', 'editor']);
  const token = await admin.post('/tokens', {
    name: 'nightly-import',
    scopes: ['devices:write'],
    expiresInDays: 90,
  });
  assert.equal(token.status, 201, token.text);
}

function config({ brightness, from, report }: { brightness: number; from: string; report: number }): string {
  return `{
  "reportEverySeconds": ${report},
  "lamp": {
    "brightness": ${brightness},
    "dimAfterMidnight": true
  },
  "schedule": {
    "on": "${from}",
    "off": "06:00"
  },
  "sensors": ["light", "motion"]
}
`;
}
