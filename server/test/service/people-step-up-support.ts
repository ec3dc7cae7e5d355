/** What the tests of the second factor share: a push, somebody who wants it, and ways to a code. */
import type { TestContext } from 'node:test';
import { generateSync } from 'otplib';
import type { Actor } from '../../src/domain/people.ts';
import type { PushIntent } from '../../src/service/push-intent.ts';
import {
  createAndEnter,
  createProduct,
  GOOD_PASSWORD,
  type NewPerson,
  openPeople,
  type People,
  type Setup,
} from './people-support.ts';

export const PHONE = '+8613812340000';
export const INTENT: PushIntent = {
  productKey: 'a1Smart',
  version: 7,
  sha256: 'ab'.repeat(32),
  target: 'all',
};
export const UNTRUSTED = { isTrustedNetwork: false };

/** A product, and an operator who is signed in. */
export async function arrange(
  t: TestContext,
  setup: Setup = { hasSms: true },
  person: NewPerson = { phone: PHONE },
) {
  const people = await openPeople(t, setup);
  await createProduct(people);
  return { people, ...(await createAndEnter(people, person)) };
}

/** Asks for a code. @returns the challenge and the code that went out. */
export async function challenge(people: People, actor: Actor, intent = INTENT) {
  const { challengeId } = await people.stepUp.send(actor, { intent });
  return { challengeId, code: people.sent.at(-1)?.code ?? '' };
}

export function wrong(code: string): string {
  return code === '000000' ? '000001' : '000000';
}

export async function enrol(people: People, actor: Actor) {
  const { secret } = await people.accounts.beginTotp(actor, { currentPassword: GOOD_PASSWORD });
  const codeNow = () => generateSync({ secret, epoch: Math.floor(people.clock.now().wallMs / 1000) });
  const { recoveryCodes } = await people.accounts.confirmTotp(actor, codeNow());
  people.clock.advance(30_000);
  return { codeNow, recoveryCodes, secret };
}
