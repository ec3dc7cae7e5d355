/** The policy by itself: its table, and its laws over random histories. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Action,
  freshLinkDenied,
  handlerFreed,
  handlerStuck,
  initialState,
  type Offer,
  type Outcome,
  offered,
  type State,
  type Step,
  worked,
} from '../src/decide.ts';

const DIGESTS = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];

function offer(
  via: 'push' | 'get',
  id: number,
  version: number | undefined,
  digest = (version ?? 0) % 3,
): Offer {
  const file = {
    configId: 'c',
    sizeBytes: 1,
    sha256: DIGESTS[digest]!,
    url: 'http://example.test/',
    version,
  };
  return { via, id: via === 'get' ? '0' : String(id), file, isSecondLink: false };
}

function codes(actions: readonly Action[]): (string | number)[] {
  return actions.map((action) => (action.do === 'reply' ? action.reply.code : action.do));
}

const RUNNING = initialState({ version: 5, sha256: DIGESTS[2]! });
const DOWNLOAD_FAILED: Outcome = { kind: 'download-failed', code: 100001, message: '' };
const CONTENT_FAILED: Outcome = { kind: 'content-failed', code: 100010, message: '' };

for (const [name, arrived, expected] of [
  ['a higher version is worked on', offer('push', 1, 6), ['work']],
  ['a lower version is refused', offer('push', 1, 4), [100005]],
  ['a lower version by get is refused too', offer('get', 0, 4), [100005]],
  ['the running version is confirmed', offer('push', 1, 5, 2), [200]],
  ['the running version with another content is worked on', offer('push', 1, 5, 1), ['work']],
  ['the running content without a version is confirmed', offer('push', 1, undefined, 2), [200]],
  ['another content without a version is worked on', offer('push', 1, undefined, 0), ['work']],
] as const) {
  test(name, () => assert.deepEqual(codes(offered(RUNNING, arrived).actions), expected));
}

test('a failed configuration is worked on again for a push, once for get, then skipped', () => {
  const failed = worked(offered(RUNNING, offer('push', 1, 6)).state, CONTENT_FAILED).state;
  assert.deepEqual(codes(offered(failed, offer('push', 2, 6)).actions), ['work']);
  const tried = offered(failed, offer('get', 0, 6));
  assert.deepEqual(codes(tried.actions), ['work']);
  const failedAgain = worked(tried.state, CONTENT_FAILED).state;
  assert.deepEqual(codes(offered(failedAgain, offer('get', 0, 6)).actions), ['tell']);
  assert.deepEqual(codes(offered(failedAgain, offer('push', 3, 6)).actions), ['work']);
});

test('remembers no more than 16 failures', () => {
  let state = RUNNING;
  for (let version = 6; version < 60; version += 1) {
    state = worked(offered(state, offer('get', 0, version)).state, CONTENT_FAILED).state;
  }
  assert.equal(state.failures.length, 16);
});

test('a failed download gets one fresh link, and its push is the one answered', () => {
  const linkless = worked(offered(RUNNING, offer('push', 8, 6)).state, DOWNLOAD_FAILED);
  assert.deepEqual(codes(linkless.actions), ['ask-for-link']);
  const again = offered(linkless.state, offer('get', 0, 6));
  assert.deepEqual([again.state.working?.id, again.state.working?.isSecondLink], ['8', true]);
  const final = worked(again.state, DOWNLOAD_FAILED);
  assert.deepEqual(codes(final.actions), [100001]);
});

test('an older answer than the one a fresh link was asked for ends the wait', () => {
  const linkless = worked(offered(RUNNING, offer('push', 8, 7)).state, DOWNLOAD_FAILED).state;
  const step = offered(linkless, offer('get', 0, 6));
  assert.deepEqual(codes(step.actions), [100001, 'work']);
  assert.equal(step.state.linkless, undefined);
});

type Happening =
  | { what: 'offer'; via: 'push' | 'get'; version: number; isVersioned: boolean }
  | { what: 'end'; outcome: Outcome }
  | { what: 'stick' }
  | { what: 'free'; isRunningGood: boolean }
  | { what: 'deny' };

const OUTCOMES: Outcome[] = [
  { kind: 'applied' },
  { kind: 'applied' },
  { kind: 'superseded' },
  DOWNLOAD_FAILED,
  CONTENT_FAILED,
  { kind: 'device-failed', code: 100006, message: '' },
];

function happenings(isVersioned: fc.Arbitrary<boolean>): fc.Arbitrary<Happening[]> {
  const version = fc.integer({ min: 1, max: 6 });
  const via = fc.constantFrom('push' as const, 'get' as const);
  return fc.array(
    fc.oneof(
      fc.record({ what: fc.constant('offer' as const), via, version, isVersioned }),
      fc.record({ what: fc.constant('end' as const), outcome: fc.constantFrom(...OUTCOMES) }),
      fc.record({ what: fc.constant('stick' as const) }),
      fc.record({ what: fc.constant('free' as const), isRunningGood: fc.boolean() }),
      fc.record({ what: fc.constant('deny' as const) }),
    ),
    { maxLength: 60 },
  );
}

function run(state: State, happening: Happening, id: number): Step {
  switch (happening.what) {
    case 'offer': {
      const version = happening.isVersioned ? happening.version : undefined;
      return offered(state, offer(happening.via, id, version, happening.version % 3));
    }
    case 'end':
      // Giving way is only reported when something waits.
      if (happening.outcome.kind === 'superseded' && state.waiting === undefined)
        return { state, actions: [] };
      return worked(state, happening.outcome);
    case 'stick':
      return state.working === undefined
        ? { state, actions: [] }
        : worked(handlerStuck(state), { kind: 'content-failed', code: 100011, message: '' });
    case 'free':
      return state.isHandlerStuck ? handlerFreed(state, happening.isRunningGood) : { state, actions: [] };
    case 'deny':
      return freshLinkDenied(state);
  }
}

test('whatever happens, the running version never goes down and one thing is worked on at a time', () => {
  fc.assert(
    fc.property(happenings(fc.constant(true)), (history) => {
      let state = initialState(undefined);
      let highest = 0;
      for (const [index, happening] of history.entries()) {
        const before = state;
        const step = run(state, happening, index + 1);
        state = step.state;
        const work = step.actions.filter((action) => action.do === 'work');
        assert.ok(work.length <= 1);
        if (work.length === 1 && happening.what !== 'end') assert.equal(before.working, undefined);
        assert.ok((state.running?.version ?? 0) >= highest);
        highest = state.running?.version ?? 0;
        assert.ok(state.working === undefined || !state.isHandlerStuck, 'nothing beside a stuck call');
        const isFree = state.working === undefined && !state.isHandlerStuck;
        assert.ok(!isFree || state.waiting === undefined, 'nothing waits for nothing');
      }
    }),
    { numRuns: 3000 },
  );
});

test('whatever happens, every push is answered once, displaced once, or still held', () => {
  fc.assert(
    fc.property(happenings(fc.boolean()), (history) => {
      let state = initialState(undefined);
      const ends = new Map<string, number>();
      for (const [index, happening] of history.entries()) {
        const id = String(index + 1);
        if (happening.what === 'offer' && happening.via === 'push') ends.set(id, 0);
        const step = run(state, happening, index + 1);
        state = step.state;
        for (const action of step.actions) {
          const ended =
            action.do === 'reply' ? action.reply.id : action.do === 'tell' ? action.offer.id : '0';
          if (ended !== '0') ends.set(ended, (ends.get(ended) ?? 0) + 1);
        }
        const held = [state.working, state.waiting, state.linkless?.offer].map((one) => one?.id);
        for (const [push, times] of ends)
          assert.equal(times + held.filter((one) => one === push).length, 1, push);
      }
    }),
    { numRuns: 3000 },
  );
});
