/** Row 4: the process stands still in the middle of a push (SIGSTOP, a paused virtual machine). */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { KillBench } from '../support/kill-bench.ts';
import { untilEnded } from '../support/test-product.ts';
import type { Fault } from './fault.ts';
import { Ledger } from './ledger.ts';

const FLEET = 30;
const ATTEMPT_TIMEOUT_SECONDS = 1;
/** Ten times what an attempt may take, and five beats of the server's own. */
const PAUSE_MS = 10_000;

export const stoodStill: Fault = {
  row: 4,
  name: 'stop',
  fault: 'SIGSTOP in the middle of a push, SIGCONT later',
  promise: 'attempts run out once, timers catch up without a burst, nothing is doubled',
  done: 'a server that hands over to 30 devices stands still for 10 s, ten times what an attempt may take',
  shortForm: { test: 'journey/restart.test.ts' },
  async run({ isQuick, random, say }) {
    await using bench = await KillBench.start();
    await bench.addFleet(FLEET);
    const ledger = new Ledger();
    const version = (await ledger.save(bench))!;
    const moment = 1 + random(FLEET - 1);
    const paused = bench.at('push', moment, () => bench.server.signal('SIGSTOP'));
    const pushing = bench.push(version.number, { attemptTimeoutSeconds: ATTEMPT_TIMEOUT_SECONDS });
    await paused;
    // The pause itself is the fault.
    await delay(isQuick ? PAUSE_MS / 5 : PAUSE_MS);
    bench.server.signal('SIGCONT');
    const { id } = await pushing;
    ledger.pushed.push({ id, version: version.number });
    await bench.untilAllRun(version.sha256, id);
    await untilEnded(bench.admin, id);
    await ledger.check(bench);
    const pushes = bench.fleet.map((device) => device.pushes.length);
    say(`stopped at push ${moment}; pushes of a device: at most ${Math.max(...pushes)}`);
    assert.ok(Math.max(...pushes) <= 2, `pushes: ${pushes.join(' ')}`);
  },
};
