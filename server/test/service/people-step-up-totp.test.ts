import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateSync } from 'otplib';
import { STEP_UP_ATTEMPTS_MAX } from '../../src/domain/limits.ts';
import { arrange, enrol, INTENT, UNTRUSTED, wrong } from './people-step-up-support.ts';
import { GOOD_PASSWORD, refusalOf } from './people-support.ts';

test('a code of the authenticator passes, and is not taken again for another push', async (t) => {
  const { people, actor } = await arrange(t);
  const { codeNow } = await enrol(people, actor);
  const code = codeNow();
  const first = await people.stepUp.send(actor, { intent: INTENT });
  assert.deepEqual([first.channel, first.address, people.sent.length], ['totp', null, 0]);
  const second = await people.stepUp.send(actor, { intent: { ...INTENT, version: 8 } });
  await people.stepUp.verify(actor, first.challengeId, code, {});
  await people.stepUp.requireVerified(actor, INTENT, UNTRUSTED);
  const refusal = await refusalOf(
    people.stepUp.verify(actor, second.challengeId, code, {}),
    'step-up-failed',
  );
  assert.equal(refusal.detail.reason, 'wrong-code');
  people.clock.advance(30_000);
  await people.stepUp.verify(actor, second.challengeId, codeNow(), {});
});

test('one code of the authenticator entered for two pushes at once passes one', async (t) => {
  const { people, actor } = await arrange(t);
  const { codeNow } = await enrol(people, actor);
  const code = codeNow();
  const first = await people.stepUp.send(actor, { intent: INTENT });
  const second = await people.stepUp.send(actor, { intent: { ...INTENT, version: 8 } });
  const outcomes = await Promise.allSettled(
    [first, second].map(({ challengeId }) => people.stepUp.verify(actor, challengeId, code, {})),
  );
  assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ['fulfilled', 'rejected']);
});

test('the code that confirmed the authenticator verifies no push', async (t) => {
  const { people, actor } = await arrange(t);
  const { secret } = await people.accounts.beginTotp(actor, { currentPassword: GOOD_PASSWORD });
  const code = generateSync({ secret, epoch: Math.floor(people.clock.now().wallMs / 1000) });
  await people.accounts.confirmTotp(actor, code);
  const { challengeId } = await people.stepUp.send(actor, { intent: INTENT });
  await refusalOf(people.stepUp.verify(actor, challengeId, code, {}), 'step-up-failed');
});

test('a recovery code stands in for the authenticator once', async (t) => {
  const { people, actor } = await arrange(t);
  const { recoveryCodes } = await enrol(people, actor);
  const [recoveryCode = ''] = recoveryCodes;
  const first = await people.stepUp.send(actor, { intent: INTENT });
  await people.stepUp.verify(actor, first.challengeId, recoveryCode.toLowerCase(), {});
  const second = await people.stepUp.send(actor, { intent: INTENT });
  await refusalOf(people.stepUp.verify(actor, second.challengeId, recoveryCode, {}), 'step-up-failed');
  const detail = (await people.listAudit('step-up.verify')).map((entry) => entry.detail.method);
  assert.deepEqual(detail, ['recovery-code', undefined]);
});

test('wrong codes of the authenticator are limited as well', async (t) => {
  const { people, actor } = await arrange(t);
  const { codeNow } = await enrol(people, actor);
  const { challengeId } = await people.stepUp.send(actor, { intent: INTENT });
  const guesses = Array.from({ length: 12 }, () =>
    refusalOf(people.stepUp.verify(actor, challengeId, wrong(codeNow()), {})),
  );
  const reasons = (await Promise.all(guesses)).map((refusal) => refusal.detail.reason);
  assert.equal(reasons.filter((reason) => reason === 'wrong-code').length, STEP_UP_ATTEMPTS_MAX);
});
