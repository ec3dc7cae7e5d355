/** The rows of the list of faults that the program does not do: what holds them instead, or why nothing does here. */

export type Elsewhere = {
  row: number;
  fault: string;
  promise: string;
  /** Tests of the suite, from the root; or the reason why it is not done here. */
  by: { tests: readonly string[] } | { notHere: string };
};

const BROKER = 'devices connect to the server itself; there is no other broker';
const DATABASE = 'there is no other database than the embedded one';

export const ELSEWHERE: readonly Elsewhere[] = [
  {
    row: 3,
    fault: 'SIGTERM with pushes, requests and downloads under way',
    promise: 'what is under way is answered, exit within 10 s with code 0',
    by: { tests: ['server/test/journey/restart.test.ts'] },
  },
  {
    row: 5,
    fault: 'two instances, one paused past its lease',
    promise: 'the stale one writes nothing',
    by: { notHere: 'one replica runs; a second on the same directory refuses to start (restart.test.ts)' },
  },
  {
    row: 6,
    fault: 'broker down at the start, for ten minutes, in a restart loop',
    promise: 'pushes stay pending, reconnect with jitter',
    by: { notHere: BROKER },
  },
  {
    row: 7,
    fault: 'broker accepts and answers nothing',
    promise: 'noticed within 1.5 keep-alives',
    by: { notHere: BROKER },
  },
  {
    row: 8,
    fault: 'broker loses its state',
    promise: 'what is wanted is sent again',
    by: { notHere: BROKER },
  },
  {
    row: 9,
    fault: 'CONNACK 3 or 5 for a while',
    promise: 'the device comes back',
    by: { tests: ['sdk/test/connect.test.ts'] },
  },
  {
    row: 11,
    fault: 'database server gone, hung, restarted',
    promise: '503 in time; connected devices stay',
    by: { notHere: DATABASE },
  },
  {
    row: 12,
    fault: 'serialisation failures and deadlocks',
    promise: 'tried again three times, then a clear error',
    by: { notHere: `${DATABASE}, and that one has a single writer` },
  },
  {
    row: 15,
    fault: 'store corrupt, truncated, of another version, read-only',
    promise: 'no start, the file and what to do are named; never an empty store instead',
    by: { tests: ['server/test/sql/sqlite-driver.test.ts', 'server/test/journey/backup.test.ts'] },
  },
  {
    row: 16,
    fault: 'object storage down, slow, wrong',
    promise: 'no link to what is not there',
    by: { notHere: 'configurations are in the store; there is no object storage' },
  },
  {
    row: 18,
    fault: "a device's clock is wrong by years",
    promise: 'it connects all the same',
    by: { tests: ['server/test/mqtt/connect.test.ts', 'server/test/journey/fleet.test.ts'] },
  },
  {
    row: 19,
    fault: 'an acknowledgement twice, a thousand times, for old or unknown pushes, too early',
    promise: 'counted once, moves nothing back',
    by: { tests: ['server/test/faults/reports-shuffled.ts', 'server/test/journey/late-and-twice.test.ts'] },
  },
  {
    row: 22,
    fault: 'reports that are no JSON, of wrong types, huge, deep',
    promise: 'answered with a code or ignored, counted, no crash',
    by: { tests: ['server/test/mqtt/config.test.ts', 'server/test/journey/one-against-all.test.ts'] },
  },
  {
    row: 23,
    fault: 'malformed MQTT',
    promise: 'that connection is closed, no other',
    by: { tests: ['server/test/mqtt/hostile.test.ts', 'server/test/mqtt/decode.test.ts'] },
  },
  {
    row: 24,
    fault: 'a huge packet, before and after sign-in',
    promise: 'closed at the limit, memory flat',
    by: { tests: ['server/test/mqtt/hostile.test.ts'] },
  },
  {
    row: 25,
    fault: 'packets in pieces of a byte, while sign-in takes time',
    promise: 'no stall',
    by: { tests: ['server/test/mqtt/segmentation.test.ts'] },
  },
  {
    row: 26,
    fault: 'a device that does not read',
    promise: 'dropped, and only it',
    by: { tests: ['server/test/mqtt/hostile.test.ts'] },
  },
  {
    row: 27,
    fault: 'storms of connections, half-open, bad credentials, handshakes',
    promise: 'a healthy device is served',
    by: { tests: ['server/test/mqtt/hostile.test.ts', 'server/test/mqtt/throttle.test.ts'] },
  },
  {
    row: 29,
    fault: 'a flapping device, two devices with one identity',
    promise: 'noticed and reported',
    by: { tests: ['server/test/mqtt/sessions.test.ts'] },
  },
  {
    row: 32,
    fault: 'a download is reset, has a wrong length, a flipped byte',
    promise: 'the device keeps what it has and tries again',
    by: { tests: ['sdk/test/download.test.ts'] },
  },
  {
    row: 33,
    fault: 'a link dies between push and download',
    promise: 'a code; the device asks for a new one',
    by: { tests: ['server/test/http/download-links.test.ts', 'sdk/test/download.test.ts'] },
  },
  {
    row: 34,
    fault: 'people who act at the same time: save, push, stop, delete, roll back',
    promise: 'a defined winner',
    by: { tests: ['server/test/journey/late-and-twice.test.ts', 'server/test/http/drafts.test.ts'] },
  },
  {
    row: 35,
    fault: 'the same push request twice',
    promise: 'one rollout',
    by: { tests: ['server/test/http/rollouts.test.ts', 'server/test/service/once.test.ts'] },
  },
  {
    row: 39,
    fault: 'requests that drip, and connections that say nothing',
    promise: 'closed within 40 s',
    by: { tests: ['server/test/http/http-hardening.test.ts'] },
  },
  {
    row: 40,
    fault: '24 hours with 1,000 devices and faults in turn',
    promise: 'memory and log do not grow',
    by: { notHere: 'takes a day; `--repeat` goes through all faults as often as wanted' },
  },
];
