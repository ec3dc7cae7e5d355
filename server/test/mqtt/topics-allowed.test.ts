import assert from 'node:assert/strict';
import test from 'node:test';
import { filterMatches } from '../../src/mqtt/topic-grammar.ts';
import { downlinkBit, downlinkBitsCovered, namedDevice } from '../../src/mqtt/topics-allowed.ts';

const own = { productKey: 'pk', deviceName: 'lamp' };

test('the device is found in every family of Alink topics', () => {
  for (const topic of [
    '/sys/pk/lamp/thing/config/get',
    '/sys/pk/lamp/#',
    '/sys/pk/lamp/thing/event/+/post_reply',
    '/sys/pk/lamp/_thing/event/notify',
    '/ext/session/pk/lamp/combine/login',
    '/ext/ntp/pk/lamp/request',
    '/ota/device/inform/pk/lamp',
    '/shadow/update/pk/lamp',
    '/pk/lamp/user/update',
  ]) {
    assert.deepEqual(namedDevice(topic), own, topic);
  }
});

test('a filter that is not confined to one device names none or names no real one', () => {
  for (const filter of [
    '#',
    '+',
    '/#',
    '/sys/#',
    '$SYS/broker',
    '$share/g/sys/pk/lamp/#',
    'sys/pk/lamp',
    '/sys/pk',
    '',
  ]) {
    const named = namedDevice(filter);
    assert.notDeepEqual(named, own, filter);
  }
  for (const filter of [
    '/sys/+/lamp/#',
    '/sys/pk/+/thing',
    '/+/pk/lamp/x',
    '/ext/+/pk/lamp/x',
    '/ota/device/+/pk/lamp',
  ]) {
    assert.notDeepEqual(namedDevice(filter), own, filter);
  }
});

test('only the exact topics the server publishes on have a bit, each its own', () => {
  const topics = [
    ...['thing/config/push', 'thing/config/get_reply', 'thing/topo/add_reply', 'thing/topo/delete_reply'],
    'thing/topo/get_reply',
    'thing/topo/change',
    'thing/sub/register_reply',
    'thing/proxy/provisioning/product_register_reply',
  ].map((suffix) => `/sys/pk/lamp/${suffix}`);
  const replies = ['login', 'logout', 'batch_login', 'batch_logout'].map(
    (verb) => `/ext/session/pk/lamp/combine/${verb}_reply`,
  );
  const bits = [...topics, ...replies].map((topic) => downlinkBit(topic, own));
  assert.equal(new Set(bits).size, 12);
  assert.equal(bits.includes(0), false);
  for (const topic of [
    '/sys/pk/lamp/thing/config/push_reply',
    '/sys/pk/lamp/thing/config/get',
    '/sys/pk/other/thing/config/push',
  ]) {
    assert.equal(downlinkBit(topic, own), 0);
  }
  assert.equal(downlinkBitsCovered('/sys/pk/lamp/#', own), 1 | 2 | 4 | 8 | 16 | 512 | 1024 | 2048);
  assert.equal(downlinkBitsCovered('/sys/pk/lamp/thing/config/+', own), 1 | 2);
});

test('filters match as section 4.7 of the standard shows', () => {
  const cases: [string, string, boolean][] = [
    ['sport/tennis/#', 'sport/tennis', true],
    ['sport/tennis/#', 'sport/tennis/a/b', true],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['a/b', 'a/b/c', false],
  ];
  for (const [filter, topic, isMatch] of cases)
    assert.equal(filterMatches(filter, topic), isMatch, `${filter} ${topic}`);
});
