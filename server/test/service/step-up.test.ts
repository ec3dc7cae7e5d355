import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  STEP_UP_ATTEMPTS_MAX,
  STEP_UP_CHALLENGES_PER_HOUR,
  STEP_UP_CODE_LIFETIME_MS,
  STEP_UP_VERIFIED_MS,
  TRUSTED_BROWSER_LIFETIME_MS,
} from '../../src/domain/limits.ts';
import type { Actor } from '../../src/domain/people.ts';
import { bindingOf, intentOf, purposeOf } from '../../src/service/push-intent.ts';
import { createSecret } from '../../src/service/secrets.ts';
import { CodeChannelError } from '../../src/stepup/channel.ts';
import { arrange, challenge, enrol, INTENT, PHONE, UNTRUSTED, wrong } from './people-step-up-support.ts';
import {
  createAndEnter,
  createPerson,
  enter,
  GOOD_PASSWORD,
  HOME,
  type People,
  refusalOf,
} from './people-support.ts';

test('a push is refused until its code is entered, then passes for ten minutes', async (t) => {
  const { people, actor } = await arrange(t);
  const refusal = await refusalOf(
    people.stepUp.requireVerified(actor, INTENT, UNTRUSTED),
    'step-up-required',
  );
  assert.deepEqual(refusal.detail, { channels: ['sms'], ...INTENT });
  const sent = await people.stepUp.send(actor, {});
  assert.deepEqual(sent, {
    challengeId: sent.challengeId,
    channel: 'sms',
    address: '+86 138****0000',
    expiresAt: people.clock.now().wallMs + STEP_UP_CODE_LIFETIME_MS,
  });
  const [message] = people.sent;
  assert.equal(message?.to, PHONE);
  assert.equal(message?.purpose, 'push version 7 of product smart-lock (a1Smart) to all its devices');
  const { verifiedUntil } = await people.stepUp.verify(actor, sent.challengeId, message?.code ?? '', {});
  assert.equal(verifiedUntil, people.clock.now().wallMs + STEP_UP_VERIFIED_MS);
  people.clock.advance(STEP_UP_VERIFIED_MS - 1);
  await people.stepUp.requireVerified(actor, INTENT, UNTRUSTED);
  people.clock.advance(1);
  await refusalOf(people.stepUp.requireVerified(actor, INTENT, UNTRUSTED), 'step-up-required');
});

test('a code that was sent proves nothing before it is entered', async (t) => {
  const { people, actor } = await arrange(t);
  await challenge(people, actor);
  await refusalOf(people.stepUp.requireVerified(actor, INTENT, UNTRUSTED), 'step-up-required');
});

test('a verification ends by whichever clock gets there first', async (t) => {
  const { people, actor } = await arrange(t);
  const first = await challenge(people, actor);
  await people.stepUp.verify(actor, first.challengeId, first.code, {});
  people.clock.setWall(STEP_UP_VERIFIED_MS);
  await refusalOf(people.stepUp.requireVerified(actor, INTENT, UNTRUSTED), 'step-up-required');
  people.clock.setWall(-STEP_UP_VERIFIED_MS);
  await people.stepUp.requireVerified(actor, INTENT, UNTRUSTED);
  people.clock.advance(STEP_UP_VERIFIED_MS);
  people.clock.setWall(-STEP_UP_VERIFIED_MS);
  await refusalOf(people.stepUp.requireVerified(actor, INTENT, UNTRUSTED), 'step-up-required');
});

test('a changed version, content, target or product needs a new code', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  await people.stepUp.verify(actor, challengeId, code, {});
  await people.stepUp.requireVerified(actor, INTENT, UNTRUSTED);
  const changes = [
    { version: 8 },
    { sha256: 'cd'.repeat(32) },
    { target: 'tag:beta' },
    { productKey: 'a1Other' },
  ];
  for (const change of changes) {
    const other = { ...INTENT, ...change };
    const refusal = await refusalOf(
      people.stepUp.requireVerified(actor, other, UNTRUSTED),
      'step-up-required',
    );
    assert.deepEqual(refusal.detail, { channels: ['sms'], ...other });
  }
});

test('a verification counts for the session that made it and for no other of the same person', async (t) => {
  const { people, actor } = await arrange(t);
  const other = await enter(people);
  const { challengeId, code } = await challenge(people, actor);
  const refusal = await refusalOf(people.stepUp.verify(other.actor, challengeId, code, {}), 'step-up-failed');
  assert.equal(refusal.detail.reason, 'unknown');
  await people.stepUp.verify(actor, challengeId, code, {});
  await people.stepUp.requireVerified(actor, INTENT, UNTRUSTED);
  await refusalOf(people.stepUp.requireVerified(other.actor, INTENT, UNTRUSTED), 'step-up-required');
});

test('a stranger cannot use up the attempts of another session', async (t) => {
  const { people, actor } = await arrange(t);
  const stranger = await createAndEnter(people, { username: 'mallory' });
  const { challengeId, code } = await challenge(people, actor);
  for (let time = 0; time < STEP_UP_ATTEMPTS_MAX + 1; time += 1)
    await refusalOf(people.stepUp.verify(stranger.actor, challengeId, wrong(code), {}), 'step-up-failed');
  await people.stepUp.verify(actor, challengeId, code, {});
});

test('a code is used once', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  await people.stepUp.verify(actor, challengeId, code, {});
  const refusal = await refusalOf(people.stepUp.verify(actor, challengeId, code, {}), 'step-up-failed');
  assert.equal(refusal.detail.reason, 'used');
});

test('of the same code entered many times at once one passes', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  const entered = await Promise.allSettled(
    Array.from({ length: 4 }, () => people.stepUp.verify(actor, challengeId, code, {})),
  );
  assert.equal(entered.filter((outcome) => outcome.status === 'fulfilled').length, 1);
});

test('wrong codes say how many attempts are left, and after the fifth the right one is refused too', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  for (let left = STEP_UP_ATTEMPTS_MAX - 1; left >= 0; left -= 1) {
    const refusal = await refusalOf(
      people.stepUp.verify(actor, challengeId, wrong(code), {}),
      'step-up-failed',
    );
    assert.deepEqual(refusal.detail, { reason: 'wrong-code', attemptsLeft: left });
  }
  const refusal = await refusalOf(people.stepUp.verify(actor, challengeId, code, {}), 'step-up-failed');
  assert.equal(refusal.detail.reason, 'no-attempts-left');
});

test('however many guesses come at once, five are compared', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  const guesses = Array.from({ length: 40 }, () =>
    refusalOf(people.stepUp.verify(actor, challengeId, wrong(code), {})),
  );
  const reasons = (await Promise.all(guesses)).map((refusal) => refusal.detail.reason);
  assert.equal(reasons.filter((reason) => reason === 'wrong-code').length, STEP_UP_ATTEMPTS_MAX);
  assert.equal(reasons.filter((reason) => reason === 'no-attempts-left').length, 40 - STEP_UP_ATTEMPTS_MAX);
});

test('an attempt is gone even when the server fails while comparing', async (t) => {
  const { people, actor } = await arrange(t, { hasSms: true }, { phone: PHONE });
  const { codeNow } = await enrol(people, actor);
  const { challengeId } = await people.stepUp.send(actor, { intent: INTENT, channel: 'totp' });
  const opening = t.mock.method(people.sealer, 'open', () => {
    throw new Error('The server fails here.');
  });
  await assert.rejects(people.stepUp.verify(actor, challengeId, codeNow(), {}), /fails here/);
  opening.mock.restore();
  const row = await people.store.read((tx) => tx.people.findStepUp(challengeId));
  assert.equal(row?.attemptsLeft, STEP_UP_ATTEMPTS_MAX - 1);
});

test('a code expires by the wall clock, also when that jumps', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  people.clock.setWall(STEP_UP_CODE_LIFETIME_MS);
  const refusal = await refusalOf(people.stepUp.verify(actor, challengeId, code, {}), 'step-up-failed');
  assert.equal(refusal.detail.reason, 'expired');
});

test('a code expires by the service clock, also when the wall clock is set back', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  people.clock.advance(STEP_UP_CODE_LIFETIME_MS);
  people.clock.setWall(-STEP_UP_CODE_LIFETIME_MS);
  const refusal = await refusalOf(people.stepUp.verify(actor, challengeId, code, {}), 'step-up-failed');
  assert.equal(refusal.detail.reason, 'expired');
});

test('a code is good until its very last moment', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  people.clock.advance(STEP_UP_CODE_LIFETIME_MS - 1);
  await people.stepUp.verify(actor, challengeId, ` ${code.slice(0, 3)} ${code.slice(3)} `, {});
});

test('the code of one challenge does not fit another', async (t) => {
  const { people, actor } = await arrange(t);
  const first = await challenge(people, actor);
  let second = await challenge(people, actor);
  // One time in a million both are the same.
  if (second.code === first.code) second = await challenge(people, actor);
  await refusalOf(people.stepUp.verify(actor, second.challengeId, first.code, {}), 'step-up-failed');
  await people.stepUp.verify(actor, second.challengeId, second.code, {});
});

test('an unknown challenge is refused', async (t) => {
  const { people, actor } = await arrange(t);
  const refusal = await refusalOf(
    people.stepUp.verify(actor, 'no-such-challenge', '123456', {}),
    'step-up-failed',
  );
  assert.equal(refusal.detail.reason, 'unknown');
});

test('a challenge dies with its session', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  await people.signIn.signOut(actor);
  await refusalOf(people.stepUp.verify(actor, challengeId, code, {}), 'step-up-failed');
  await refusalOf(people.stepUp.send(actor, { intent: INTENT }), 'unauthenticated');
  await refusalOf(people.stepUp.requireVerified(actor, INTENT, UNTRUSTED), 'unauthenticated');
});

test('an account gets so many codes in an hour, from all its sessions together', async (t) => {
  const { people, actor } = await arrange(t);
  const other = await enter(people);
  for (let count = 0; count < STEP_UP_CHALLENGES_PER_HOUR; count += 1)
    await challenge(people, count % 2 === 0 ? actor : other.actor);
  const refusal = await refusalOf(people.stepUp.send(actor, { intent: INTENT }), 'throttled');
  assert.equal(refusal.detail.retryAfterSeconds, 3600);
  assert.equal(people.sent.length, STEP_UP_CHALLENGES_PER_HOUR);
  const else_ = await createAndEnter(people, { username: 'anna', phone: PHONE });
  await challenge(people, else_.actor);
  people.clock.setWall(86_400_000);
  people.clock.setWall(-86_400_000);
  await refusalOf(people.stepUp.send(actor, { intent: INTENT }), 'throttled');
  people.clock.advance(3_600_000);
  await challenge(people, actor);
});

test('codes asked for at once are counted one by one', async (t) => {
  const { people, actor } = await arrange(t);
  const asked = Array.from({ length: STEP_UP_CHALLENGES_PER_HOUR + 6 }, () =>
    people.stepUp.send(actor, { intent: INTENT }),
  );
  const outcomes = await Promise.allSettled(asked);
  assert.equal(
    outcomes.filter((outcome) => outcome.status === 'fulfilled').length,
    STEP_UP_CHALLENGES_PER_HOUR,
  );
  assert.equal(people.sent.length, STEP_UP_CHALLENGES_PER_HOUR);
});

test('without a refused push or an intent there is nothing to send', async (t) => {
  const { people, actor } = await arrange(t);
  await refusalOf(people.stepUp.send(actor, {}), 'invalid-request');
  await refusalOf(
    people.stepUp.send(actor, { intent: { ...INTENT, productKey: 'a1None' } }),
    'product-not-found',
  );
  assert.equal(people.sent.length, 0);
});

test('the code is for the push that was refused last', async (t) => {
  const { people, actor } = await arrange(t);
  const later = { ...INTENT, version: 8 };
  await refusalOf(people.stepUp.requireVerified(actor, INTENT, UNTRUSTED), 'step-up-required');
  await refusalOf(people.stepUp.requireVerified(actor, later, UNTRUSTED), 'step-up-required');
  const { challengeId } = await people.stepUp.send(actor, {});
  await people.stepUp.verify(actor, challengeId, people.sent.at(-1)?.code ?? '', {});
  await people.stepUp.requireVerified(actor, later, UNTRUSTED);
  await refusalOf(people.stepUp.requireVerified(actor, INTENT, UNTRUSTED), 'step-up-required');
});

test('without a provider the code is in the log, plainly marked, and nowhere else', async (t) => {
  const { people, actor } = await arrange(t, {}, { phone: PHONE, language: 'zh' });
  const { challengeId, channel, address } = await people.stepUp.send(actor, { intent: INTENT });
  assert.equal(channel, 'log');
  assert.equal(address, null);
  const [line = ''] = people.logLines;
  assert.match(line, /^STEP-UP CODE .*push version 7 of product smart-lock \(a1Smart\) to all its devices/);
  await people.stepUp.verify(actor, challengeId, /\b\d{6}\b/.exec(line)?.[0] ?? '', {});
});

test('channels are offered by what the person and the server have', async (t) => {
  const { people, actor } = await arrange(
    t,
    { hasSms: true, hasEmail: true },
    { phone: PHONE, email: 'olga@example.com' },
  );
  const channelFor = async (channel?: 'sms' | 'email' | 'totp' | 'log') =>
    (await people.stepUp.send(actor, { intent: INTENT, channel })).channel;
  assert.equal(await channelFor(), 'sms');
  assert.equal(await channelFor('email'), 'email');
  assert.equal(await channelFor('totp'), 'sms', 'No authenticator is enrolled.');
  assert.equal(await channelFor('log'), 'sms', 'The log is for those who have nothing else.');
  await people.accounts.update(people.system, 'olga', { phone: null });
  assert.equal(await channelFor(), 'email');
  await enrol(people, actor);
  assert.equal(await channelFor(), 'totp');
  assert.equal(await channelFor('email'), 'email');
  const refusal = await refusalOf(
    people.stepUp.requireVerified(actor, INTENT, UNTRUSTED),
    'step-up-required',
  );
  assert.deepEqual(refusal.detail.channels, ['totp', 'email']);
  assert.equal(people.logLines.length, 0);
});

test('a failing provider is reported and does not divert the code to the log', async (t) => {
  const failing = {
    kind: 'sms',
    provider: 'test',
    send: () =>
      Promise.reject(
        new CodeChannelError({
          provider: 'test',
          failure: 'refused',
          reason: 'the service refused it',
          providerCode: 'E42',
        }),
      ),
  } as const;
  const { people, actor } = await arrange(t, { sms: failing });
  const refusal = await refusalOf(people.stepUp.send(actor, { intent: INTENT }), 'unavailable');
  assert.match(refusal.message, /could not be sent by test.*E42/);
  assert.equal(people.logLines.length, 0);
  const outcomes = (await people.listAudit('step-up.send')).map((entry) => entry.outcome);
  assert.deepEqual(outcomes, ['ok', 'refused']);
});

test('a message is in the language of the person', () => {
  assert.equal(purposeOf(INTENT, '智能门锁', 'zh'), '将产品 智能门锁 (a1Smart) 的版本 7 推送到全部设备');
  assert.ok([...purposeOf({ ...INTENT, version: 1_000_000 }, 'n'.repeat(100), 'en')].length <= 120);
});

test('a binding tells every two intents apart and reads back', () => {
  assert.deepEqual(intentOf(bindingOf(INTENT)), INTENT);
  assert.equal(
    bindingOf({ target: 'all', sha256: INTENT.sha256, version: 7, productKey: 'a1Smart' }),
    bindingOf(INTENT),
  );
  assert.notEqual(
    bindingOf({ ...INTENT, productKey: 'a', target: 'b","c' }),
    bindingOf({ ...INTENT, productKey: 'a","b', target: 'c' }),
  );
});

test('a trusted browser pushes without a code, for its own person and for a month', async (t) => {
  const { people, actor } = await arrange(t);
  const { challengeId, code } = await challenge(people, actor);
  const { trustedBrowser } = await people.stepUp.verify(actor, challengeId, code, { trustBrowser: true });
  assert.equal(trustedBrowser?.expiresAt, people.clock.now().wallMs + TRUSTED_BROWSER_LIFETIME_MS);
  const context = { ...UNTRUSTED, trustedBrowserToken: trustedBrowser?.token };
  const later = { ...INTENT, version: 8 };
  const pushIn = async (who: Actor) => people.stepUp.requireVerified(who, later, context);
  await pushIn(actor);
  await pushIn((await enter(people)).actor);
  const anna = await createAndEnter(people, { username: 'anna' });
  await refusalOf(pushIn(anna.actor), 'step-up-required');
  people.clock.advance(TRUSTED_BROWSER_LIFETIME_MS);
  await refusalOf(pushIn((await enter(people)).actor), 'step-up-required');
});

test('a trusted browser is trusted no more once the password was replaced or the account disabled', async (t) => {
  const ends: ((people: People) => Promise<string>)[] = [
    async (people) => (await people.accounts.resetPassword(people.system, 'olga')).oneTimePassword,
    async (people) => {
      await people.accounts.update(people.system, 'olga', { isEnabled: false });
      await people.accounts.update(people.system, 'olga', { isEnabled: true });
      return GOOD_PASSWORD;
    },
  ];
  for (const end of ends) {
    const { people, actor } = await arrange(t);
    const { challengeId, code } = await challenge(people, actor);
    const { trustedBrowser } = await people.stepUp.verify(actor, challengeId, code, { trustBrowser: true });
    const context = { ...UNTRUSTED, trustedBrowserToken: trustedBrowser?.token };
    const next = { ...INTENT, version: 8 };
    await people.stepUp.requireVerified(actor, next, context);
    const again = await enter(people, 'olga', await end(people));
    await refusalOf(people.stepUp.requireVerified(again.actor, next, context), 'step-up-required');
  }
});

test('an invented trusted browser is not trusted, and none is made unless asked for', async (t) => {
  const { people, actor } = await arrange(t);
  for (const trustedBrowserToken of ['', 'x', createSecret()])
    await refusalOf(
      people.stepUp.requireVerified(actor, INTENT, { ...UNTRUSTED, trustedBrowserToken }),
      'step-up-required',
    );
  const { challengeId, code } = await challenge(people, actor);
  assert.equal((await people.stepUp.verify(actor, challengeId, code, {})).trustedBrowser, undefined);
});

test('a trusted network pushes without a code', async (t) => {
  const { people, actor } = await arrange(t);
  await people.stepUp.requireVerified(actor, INTENT, { isTrustedNetwork: true });
});

test('a token pushes with its scope and never by where it comes from', async (t) => {
  const { people } = await arrange(t);
  const { actor: admin } = await createAndEnter(people, { username: 'ada', roles: ['admin'] });
  const bearerOf = async (name: string, scopes: ('read' | 'rollouts:write' | 'rollouts:unattended')[]) => {
    const { token } = await people.tokens.create(admin, { name, scopes });
    return people.identity.identify({ bearer: token, remoteAddress: HOME });
  };
  await people.stepUp.requireVerified(
    await bearerOf('cd', ['rollouts:write', 'rollouts:unattended']),
    INTENT,
    UNTRUSTED,
  );
  const attended = await bearerOf('ci', ['read', 'rollouts:write']);
  await refusalOf(people.stepUp.requireVerified(attended, INTENT, UNTRUSTED), 'scope-required');
  await refusalOf(
    people.stepUp.requireVerified(attended, INTENT, { isTrustedNetwork: true }),
    'scope-required',
  );
  await refusalOf(people.stepUp.send(attended, { intent: INTENT }), 'scope-required');
});

test('whoever may not push gets no codes', async (t) => {
  const { people } = await arrange(t);
  const { actor } = await createAndEnter(people, {
    username: 'vera',
    roles: ['viewer', 'editor'],
    phone: PHONE,
  });
  await refusalOf(people.stepUp.send(actor, { intent: INTENT }), 'forbidden');
  assert.equal(people.sent.length, 0);
});

test('a person disabled after asking for the code cannot use it', async (t) => {
  const { people, actor } = await arrange(t);
  await createPerson(people, { username: 'anna', roles: ['admin'] });
  const { challengeId, code } = await challenge(people, actor);
  await people.accounts.update(people.system, 'olga', { isEnabled: false });
  await refusalOf(people.stepUp.verify(actor, challengeId, code, {}), 'step-up-failed');
});

test('sends, successes and failures are in the audit log, and no secret is', async (t) => {
  const { people, actor, token } = await arrange(t);
  const { secret, recoveryCodes } = await enrol(people, actor);
  const { challengeId } = await people.stepUp.send(actor, { intent: INTENT, channel: 'sms' });
  const code = people.sent.at(-1)?.code ?? '';
  const typed = wrong(code);
  await refusalOf(people.stepUp.verify(actor, challengeId, typed, {}), 'step-up-failed');
  const { trustedBrowser } = await people.stepUp.verify(actor, challengeId, code, { trustBrowser: true });
  const entries = (await people.listAudit()).filter((entry) => entry.action.startsWith('step-up.'));
  assert.deepEqual(
    entries.map(({ actor: by, action, outcome, productKey, remoteAddress }) => [
      by,
      action,
      outcome,
      productKey,
      remoteAddress,
    ]),
    [
      ['olga', 'step-up.send', 'ok', 'a1Smart', HOME],
      ['olga', 'step-up.verify', 'refused', 'a1Smart', HOME],
      ['olga', 'step-up.verify', 'ok', 'a1Smart', HOME],
    ],
  );
  // A digest or an id may hold six digits by chance, so only whole values count.
  const values: unknown[] = [];
  JSON.stringify(await people.listAudit(), (_key, value: unknown) => {
    values.push(value);
    return value;
  });
  const row = await people.store.read((tx) => tx.people.findAccount('olga'));
  const log = values.filter((value) => typeof value === 'string').join('\n');
  for (const hidden of [
    secret,
    ...recoveryCodes,
    token,
    GOOD_PASSWORD,
    PHONE,
    trustedBrowser?.token ?? '',
    row?.passwordHash ?? '',
  ])
    assert.ok(hidden.length > 0 && !log.includes(hidden));
  for (const digits of [code, typed]) assert.doesNotMatch(log, new RegExp(`\\b${digits}\\b`));
});
