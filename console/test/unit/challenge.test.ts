import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiProblem } from '@opencota/contract/http/client';
import { countdown, failureOf, needOfAnswer, needOfError } from '../../src/step-up/challenge.ts';

const problem = (code: string, members: Record<string, unknown> = {}) =>
  new ApiProblem({ type: '', title: '', status: 403, code, detail: '', requestId: '', ...members });

describe('the need of a second factor', () => {
  it('is read from the refusal of a push, with the ways that the server offers', () => {
    const refusal = problem('step-up-required', { version: 3, channels: ['sms', 'totp', 'pigeon'] });
    assert.deepEqual(needOfError(refusal), { version: 3, channels: ['totp', 'sms'] });
    assert.equal(needOfError(problem('cool-down')), undefined);
    assert.equal(needOfError(new Error('no network')), undefined);
  });

  it('is read from the answer of a roll back whose push was refused', () => {
    const answer = { rollout: null, refusal: { code: 'step-up-required', version: 4, channels: ['log'] } };
    assert.deepEqual(needOfAnswer(answer), { version: 4, channels: ['log'] });
    assert.equal(needOfAnswer({ rollout: null, refusal: { code: 'switch-off' } }), undefined);
    assert.equal(needOfAnswer({ rollout: {} }), undefined);
    assert.equal(needOfAnswer(undefined), undefined);
  });
});

describe('a refused code', () => {
  it('may be typed again while tries are left', () => {
    assert.deepEqual(failureOf(problem('step-up-failed', { reason: 'wrong-code', attemptsLeft: 2 })), {
      reason: 'wrong-code',
      attemptsLeft: 2,
      needsNewCode: false,
    });
  });

  it('needs another code when its tries are used up or it is over', () => {
    const needsNew = (members: Record<string, unknown>) =>
      failureOf(problem('step-up-failed', members))?.needsNewCode;
    assert.equal(needsNew({ reason: 'wrong-code', attemptsLeft: 0 }), true);
    assert.equal(needsNew({ reason: 'expired' }), true);
  });
});

describe('a countdown', () => {
  it('is in minutes and seconds and never below zero', () => {
    assert.deepEqual([245_000, 59_001, 0, -5_000].map(countdown), ['4:05', '1:00', '0:00', '0:00']);
  });
});
