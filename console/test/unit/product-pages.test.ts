/** The overview's picture and addresses, and the settings form's changes and units. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressesOf } from '../../src/pages/product/addresses.ts';
import {
  changesOf,
  problemsOf,
  type Settings,
  SIZE_UNITS,
  TIME_UNITS,
  unitFor,
} from '../../src/pages/product/settings-fields.ts';
import { snippetsFor } from '../../src/pages/product/snippets.ts';
import { usageParts } from '../../src/pages/product/version-usage.ts';

const SETTINGS: Settings = {
  name: 'Lamp',
  coolDownSeconds: 3_600,
  doneWhen: 'downloaded',
  requestPolicy: 'saved',
  configBytesMax: 65_536,
  attemptTimeoutSeconds: 60,
  deadlineSeconds: 604_800,
  registrationAllowed: false,
  unknownDevicesAllowed: false,
  strongSignRequired: false,
  retentionVersions: null,
};
const counts = (parts: ReturnType<typeof usageParts>) => parts.map(({ kind, count }) => `${kind} ${count}`);

describe('the versions of a fleet', () => {
  it('add up to all devices, those without a version included', () => {
    const usage = [
      { version: 2, deviceCount: 3 },
      { version: 3, deviceCount: 4 },
    ];
    const parts = usageParts({ usage, deviceCount: 10, latestVersion: 3, rolledOutVersion: 2 });
    assert.deepEqual(counts(parts), ['version 4', 'version 3', 'none 3']);
    const marks = parts.map((part) => part.kind === 'version' && [part.isNewest, part.isPushed]);
    assert.deepEqual(marks, [[true, false], [false, true], false]);
  });

  it('beyond five are one part', () => {
    const usage = Array.from({ length: 7 }, (_, index) => ({ version: index + 1, deviceCount: 1 }));
    const parts = usageParts({ usage, deviceCount: 7, latestVersion: 7, rolledOutVersion: 7 });
    assert.deepEqual(counts(parts).slice(-2), ['version 1', 'older 2']);
  });

  it('that the server did not name are not called devices without a version', () => {
    const usage = Array.from({ length: 20 }, (_, index) => ({ version: index + 30, deviceCount: 1 }));
    const parts = usageParts({ usage, deviceCount: 50, latestVersion: 60, rolledOutVersion: 60 });
    assert.deepEqual(counts(parts).at(-1), 'olderOrNone 45');
  });
});

describe('addresses for devices', () => {
  it('come from the public address and the open ports', () => {
    const mqtt = { port: 1_883, tlsPort: null, webSocketPath: '/mqtt' };
    const found = addressesOf({ publicUrl: 'https://cota.example.com', mqtt });
    assert.equal(found.host, 'cota.example.com');
    assert.equal(found.webSocketUrl, 'wss://cota.example.com/mqtt');
    assert.deepEqual([found.downloadPort, found.isPortUnusual, found.isLoopback], [443, false, false]);
    assert.equal(addressesOf({ publicUrl: 'http://127.0.0.1:8080', mqtt }).isLoopback, true);
  });

  it('stand in every program, by TLS where nothing else is open', () => {
    const mqtt = { port: null, tlsPort: 8_883, webSocketPath: '/mqtt' };
    const addresses = addressesOf({ publicUrl: 'https://cota.example.com', mqtt });
    const texts = snippetsFor(addresses, 'a1Lock').map(({ text }) => text);
    for (const text of texts) assert.match(text, /8883/);
    assert.match(texts[0]!, /mqtts:\/\/cota\.example\.com:8883/);
    assert.match(texts[2]!, /CRED_SVRCERT_CA/);
  });
});

describe('the settings form', () => {
  it('sends only what differs', () => {
    assert.deepEqual(changesOf(SETTINGS, { name: 'Lamp', coolDownSeconds: 0 }), { coolDownSeconds: 0 });
    assert.deepEqual(changesOf({ ...SETTINGS, retentionVersions: 9 }, { retentionVersions: null }), {
      retentionVersions: null,
    });
  });

  it('names what the server would refuse', () => {
    assert.deepEqual(problemsOf(SETTINGS), []);
    const wrong = { name: ' ', deadlineSeconds: Number.NaN, retentionVersions: 4, attemptTimeoutSeconds: 0 };
    assert.deepEqual(problemsOf({ ...SETTINGS, ...wrong }).sort(), Object.keys(wrong).sort());
  });

  it('shows quantities in the unit in which they are whole', () => {
    assert.equal(unitFor(3_600, TIME_UNITS).name, 'hour');
    assert.equal(unitFor(90, TIME_UNITS).name, 'second');
    assert.equal(unitFor(65_536, SIZE_UNITS).name, 'kilobyte');
    assert.equal(unitFor(0, TIME_UNITS).name, 'minute');
  });
});
