/** The virtual device of "Try it", against a network that the test plays. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { pretty, withEntry } from '../../src/pages/try-it/journal.ts';
import {
  type Behaviour,
  type LinkEvents,
  type Running,
  VirtualDevice,
} from '../../src/pages/try-it/virtual-device.ts';
import { connectWords, reachableAddress } from '../../src/pages/try-it/wire.ts';

const IDENTITY = { productKey: 'a1Lock', deviceName: 'browser-1', deviceSecret: 'the secret of this one' };
const CONTENT = '{"big": 9007199254740993}';
const SIGN = createHash('sha256').update(CONTENT).digest('hex');
const TOPIC = (name: string) => `/sys/a1Lock/browser-1/thing/config/${name}`;

type Published = { name: string; message: { id: string; code: number; data: unknown } };

async function startDevice({ running, content = CONTENT }: { running?: Running; content?: string } = {}) {
  const published: Published[] = [];
  const asked: string[] = [];
  const kept: Running[] = [];
  let events: LinkEvents | undefined;
  const device = new VirtualDevice({
    identity: IDENTITY,
    running,
    keep: (now) => kept.push(now),
    network: {
      origin: 'http://here:8080',
      async open(_words, given) {
        events = given;
        return {
          publish: (topic, text) =>
            void published.push({ name: topic.split('/').at(-1)!, message: JSON.parse(text) }),
          end() {},
        };
      },
      async download(url) {
        asked.push(url);
        return new TextEncoder().encode(content);
      },
    },
  });
  await device.connect();
  events!.connected();
  /** Ends when the device has said or noted what it had to. */
  const push = async (id: string, version: number) => {
    const file = { configId: 'c', configSize: CONTENT.length, sign: SIGN, url: 'https://there/d/token' };
    const params = { ...file, configVersion: version };
    events!.message(TOPIC('push'), JSON.stringify({ id, params }));
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return { device, events: events!, published, asked, kept, push };
}

const notes = (device: VirtualDevice) => device.snapshot().entries.map(({ note }) => note);

describe('a virtual device', () => {
  it('proves its secret as any device does', () => {
    const words = connectWords(IDENTITY, 17);
    const signed = 'clientIda1Lock.browser-1deviceNamebrowser-1productKeya1Locktimestamp17';
    const hmac = createHmac('sha256', IDENTITY.deviceSecret).update(signed).digest('hex');
    assert.equal(words.password, hmac);
    assert.equal(words.username, 'browser-1&a1Lock');
  });

  it('downloads from the page’s own server, checks, applies, keeps and confirms a push', async () => {
    const { device, published, asked, kept, push } = await startDevice();
    await push('16', 3);
    assert.deepEqual(asked, ['http://here:8080/d/token']);
    assert.deepEqual(device.snapshot().running, { version: 3, sha256: SIGN, text: CONTENT });
    assert.equal(kept.length, 1);
    assert.deepEqual(published, [
      {
        name: 'push_reply',
        message: { id: '16', code: 200, data: { configVersion: 3, sign: SIGN }, message: '' },
      },
    ]);
    assert.ok(notes(device).includes('downloadElsewhere'));
  });

  it('refuses a file with another digest and keeps what it has', async () => {
    const { device, published, push } = await startDevice({ content: CONTENT.replace('3}', '4}') });
    await push('16', 3);
    assert.equal(published[0]?.message.code, 100002);
    assert.equal(device.snapshot().running, undefined);
  });

  it('answers as it is told to', async () => {
    const codeOf = async (behaviour: Behaviour, running?: Running) => {
      const { device, published, push } = await startDevice(running === undefined ? {} : { running });
      device.behave(behaviour);
      await push('16', 3);
      return [published[0]?.message.code, device.snapshot().running?.version];
    };
    const older = { version: 2, sha256: 'of another', text: '{}' };
    assert.deepEqual(await codeOf('refuse'), [100011, undefined]);
    assert.deepEqual(await codeOf('refuse', older), [100010, 2]);
    assert.deepEqual(await codeOf('quiet', older), [undefined, 3]);
    assert.deepEqual(await codeOf('silent', older), [undefined, 2]);
  });

  it('never goes down, and downloads nothing it has', async () => {
    const running = { version: 5, sha256: SIGN, text: CONTENT };
    const { published, asked, push } = await startDevice({ running });
    await push('1', 4);
    await push('2', 5);
    assert.deepEqual(
      published.map(({ message }) => message.code),
      [100005, 200],
    );
    assert.deepEqual(asked, []);
  });

  it('says what the server’s refusals mean', async () => {
    const { device, events } = await startDevice();
    device.request();
    for (const code of [6710, 6713, 429, 460])
      events.message(TOPIC('get_reply'), JSON.stringify({ id: '1', code, data: {} }));
    assert.deepEqual(notes(device).slice(-4), ['noConfig', 'switchOff', 'tooOften', 'refusedByServer']);
  });

  it('does not mind what a connection says that it has left', async () => {
    const { device, events } = await startDevice();
    device.disconnect();
    await device.connect();
    events.closed('late');
    assert.equal(device.snapshot().state, 'connecting');
  });
});

describe('the journal', () => {
  it('keeps the newest two hundred entries, numbered on', () => {
    let entries = withEntry([], { direction: 'self', note: 'applied' }, 0);
    for (let count = 0; count < 250; count += 1)
      entries = withEntry(entries, { direction: 'self', note: 'applied' }, 0);
    assert.deepEqual([entries.length, entries.at(-1)?.id], [200, 251]);
  });

  it('indents only what survives it', () => {
    assert.equal(pretty('{"a":1}'), '{\n  "a": 1\n}');
    assert.equal(pretty('{"a":9007199254740993}'), '{"a":9007199254740993}');
    assert.equal(pretty('not JSON'), 'not JSON');
  });

  it('changes a link’s address only when it is another', () => {
    assert.deepEqual(reachableAddress('http://a/d/x', 'http://a'), {
      url: 'http://a/d/x',
      isRewritten: false,
    });
    assert.equal(reachableAddress('http://b:1/d/x', 'http://a').url, 'http://a/d/x');
  });
});
