import assert from 'node:assert/strict';
import {
  at,
  claim,
  connect,
  createDevices,
  createProduct,
  deliveriesOf,
  deliveryOf,
  disconnect,
  findDevice,
  findProduct,
  HERE,
  namesOf,
  presenceOf,
  type StoreTests,
  startPush,
  THERE,
} from './store-bench.ts';

export const sessionTests: StoreTests = {
  'a device is online from its connection to its departure, and when it was seen last is kept': async (
    store,
  ) => {
    const product = await createProduct(store);
    const [device, other] = await createDevices(store, product, namesOf(2));
    await store.write((tx) => tx.sessions.record([presenceOf(device!, true, 100)], HERE, at(0)));
    assert.deepEqual(await findDevice(store, device!), { ...device, isOnline: true, lastSeenAt: 100 });
    assert.equal((await findProduct(store, product)).onlineCount, 1);
    await store.write((tx) => tx.sessions.record([presenceOf(device!, false, 200)], HERE, at(0)));
    assert.deepEqual(await findDevice(store, device!), { ...device, isOnline: false, lastSeenAt: 200 });
    assert.equal((await findProduct(store, product)).onlineCount, 0);
    assert.deepEqual(await findDevice(store, other!), other);
  },

  'of several entries of a device in one batch the latest counts': async (store) => {
    const product = await createProduct(store);
    const [stays, leaves] = await createDevices(store, product, namesOf(2));
    const batch = [
      presenceOf(stays!, true),
      presenceOf(leaves!, true),
      presenceOf(stays!, false),
      presenceOf(leaves!, false),
      presenceOf(stays!, true),
    ];
    await store.write((tx) => tx.sessions.record(batch, HERE, at(0)));
    assert.equal((await findDevice(store, stays!)).isOnline, true);
    assert.equal((await findDevice(store, leaves!)).isOnline, false);
    assert.equal((await findProduct(store, product)).onlineCount, 1);
  },

  'a device that connects twice or leaves twice is counted once': async (store) => {
    const product = await createProduct(store);
    const devices = await createDevices(store, product, namesOf(2));
    await connect(store, devices);
    await connect(store, devices);
    assert.equal((await findProduct(store, product)).onlineCount, 2);
    await disconnect(store, devices);
    await disconnect(store, devices);
    assert.equal((await findProduct(store, product)).onlineCount, 0);
  },

  'a connection at another replica takes over, and the departure from the first one changes nothing': async (
    store,
  ) => {
    const { product, devices, rollout } = await startPush(store, 1);
    await connect(store, devices, THERE, at(5));
    assert.equal((await findProduct(store, product)).onlineCount, 1);
    assert.deepEqual(await claim(store, rollout, at(9), HERE), []);
    await disconnect(store, devices, HERE, at(6));
    assert.equal((await findDevice(store, devices[0]!)).isOnline, true);
    assert.equal((await findProduct(store, product)).onlineCount, 1);
    assert.equal((await claim(store, rollout, at(9), THERE)).length, 1);
    await disconnect(store, devices, THERE, at(10));
    assert.equal((await findDevice(store, devices[0]!)).isOnline, false);
  },

  'a device that was deleted meanwhile is passed over, and the rest of its batch counts': async (store) => {
    const product = await createProduct(store);
    const [gone, here] = await createDevices(store, product, namesOf(2));
    await store.write((tx) => tx.devices.remove(gone!.id));
    await connect(store, [gone!, here!]);
    assert.equal((await findProduct(store, product)).onlineCount, 1);
    await disconnect(store, [gone!, here!]);
    assert.equal((await findProduct(store, product)).onlineCount, 0);
  },

  'connecting makes open deliveries due, leaving makes them wait, whatever the attempt had come to': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 2);
    const [handed, waiting] = devices;
    await disconnect(store, [waiting!], HERE, at(1));
    const [first] = await claim(store, rollout, at(2));
    assert.equal(first?.deviceId, handed!.id);
    await disconnect(store, [handed!], HERE, at(3));
    const gone = await deliveryOf(store, rollout, handed!);
    assert.deepEqual([gone.state, gone.dueMs, gone.attempt], ['pending', null, 1]);
    assert.deepEqual(await claim(store, rollout, at(999)), []);
    await connect(store, devices, HERE, at(1000));
    const back = await deliveriesOf(store, rollout);
    assert.deepEqual(
      [...back.values()].map((delivery) => [delivery.state, delivery.dueMs]),
      [
        ['pending', 1000],
        ['pending', 1000],
      ],
    );
    assert.equal((await claim(store, rollout, at(1000))).length, 2);
  },

  'a batch as large as a replica sends is stored whole': async (store) => {
    const product = await createProduct(store);
    const devices = await createDevices(store, product, namesOf(500));
    await connect(store, devices);
    assert.equal((await findProduct(store, product)).onlineCount, 500);
    await disconnect(store, devices);
    assert.equal((await findProduct(store, product)).onlineCount, 0);
  },

  'sessions of killed servers end in bounded steps, and those of the live one stay': async (store) => {
    const { product, devices, rollout } = await startPush(store, 6);
    await connect(store, devices.slice(0, 2), 'dead-1');
    await connect(store, devices.slice(2, 5), 'dead-2');
    const steps: number[] = [];
    do {
      steps.push(await store.write((tx) => tx.sessions.endStale(HERE, 2, at(4))));
    } while (steps.at(-1) !== 0);
    assert.deepEqual(steps, [2, 2, 1, 0]);
    assert.equal((await findProduct(store, product)).onlineCount, 1);
    assert.equal((await findDevice(store, devices[5]!)).isOnline, true);
    assert.equal((await claim(store, rollout, at(9))).length, 1);
    const waiting = [...(await deliveriesOf(store, rollout)).values()].filter(
      (delivery) => delivery.state === 'pending' && delivery.dueMs === null,
    );
    assert.equal(waiting.length, 5);
  },
};
