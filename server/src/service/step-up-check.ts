/**
 * Checking a code (R10).
 *
 * An attempt is taken in a transaction of its own before anything is compared, so neither a crash nor any
 * number of requests at once gives a sixth guess. The success is a second transaction that looks again:
 * of two right answers at the same moment one is `used`. A code from an authenticator counts once for the
 * account (the time step is kept), a recovery code once for ever.
 */
import { type Clock, expiryAfter, hasExpired, type Instant } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import { STEP_UP_VERIFIED_MS, TRUSTED_BROWSER_LIFETIME_MS } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { Sealer } from '../domain/sealer.ts';
import type { AccountRow, StepUpRow, Store, Tx } from '../domain/store-port.ts';
import { codesEqual, hashCode } from '../stepup/codes.ts';
import { hashRecoveryCode } from '../stepup/recovery-codes.ts';
import { checkTotp } from '../stepup/totp.ts';
import { totpPurpose } from './account-rules.ts';
import { auditEntry, type Deed, demand, recordingRefusals } from './audited.ts';
import { intentOf } from './push-intent.ts';
import { createSecret, hashSecret } from './secrets.ts';

/** Members of `detail` of a refusal `step-up-failed`. `attemptsLeft` comes with `wrong-code`. */
export type StepUpFailure = 'wrong-code' | 'no-attempts-left' | 'expired' | 'used' | 'unknown';

export type Verified = {
  /** Epoch milliseconds. Until then the same push passes in this session. */
  verifiedUntil: number;
  /** For a cookie of this browser; the store has only its hash. */
  trustedBrowser?: { token: string; expiresAt: number };
};

export interface StepUpCheck {
  /** Refuses `step-up-failed` with `detail.reason`; a challenge of another session is `unknown`. */
  verify(
    actor: Actor,
    challengeId: string,
    code: string,
    options: { trustBrowser?: boolean },
  ): Promise<Verified>;
}

type Parts = { store: Store; clock: Clock; sealer: Sealer; codeKey: Uint8Array };

export function createStepUpCheck(parts: Parts): StepUpCheck {
  const { store } = parts;
  return {
    async verify(actor, challengeId, code, { trustBrowser = false }) {
      const known = await store.read((tx) => findOwn(tx, actor, challengeId));
      const productKey = known === undefined ? null : intentOf(known.binding).productKey;
      const deed = { action: 'step-up.verify', productKey, target: actor.name };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'rollouts:write');
        const now = parts.clock.now();
        const taken = await store.write((tx) => takeAttempt(tx, actor, challengeId, now));
        // The digits as people copy them, with blanks around or between.
        const typed = code.trim();
        if (taken.channel !== 'totp' && !isRightCode(parts.codeKey, taken, typed)) throw wrongCode(taken);
        return store.write((tx) =>
          complete({ ...parts, tx, deed, now }, actor, taken, { typed, trustBrowser }),
        );
      });
    },
  };
}

async function findOwn(tx: Tx, actor: Actor, challengeId: string): Promise<StepUpRow | undefined> {
  const row = await tx.people.findStepUp(challengeId);
  return row !== undefined && row.sessionId === actor.sessionId ? row : undefined;
}

/** @returns the challenge with the attempt already taken off. */
async function takeAttempt(tx: Tx, actor: Actor, challengeId: string, now: Instant): Promise<StepUpRow> {
  const row = await findOpen(tx, actor, challengeId);
  if (hasExpired({ wallMs: row.expiresAt, serviceMs: row.expiresMs }, now))
    throw failure('expired', 'This code has expired. Ask for a new one.');
  if (!(await tx.people.takeStepUpAttempt(row.id)))
    throw failure('no-attempts-left', 'Too many wrong codes. Ask for a new one.');
  return { ...row, attemptsLeft: row.attemptsLeft - 1 };
}

async function findOpen(tx: Tx, actor: Actor, challengeId: string): Promise<StepUpRow> {
  const row = await findOwn(tx, actor, challengeId);
  if (row === undefined) throw failure('unknown', 'This session asked for no such code. Ask for a new one.');
  if (row.verifiedUntilAt !== null) throw failure('used', 'This code was used already. Ask for a new one.');
  return row;
}

function isRightCode(key: Uint8Array, { id, codeHash }: StepUpRow, typed: string): boolean {
  return codeHash !== null && codesEqual(hashCode(key, id, typed.replaceAll(' ', '')), codeHash);
}

async function complete(
  { tx, sealer, deed, now }: Pick<Parts, 'sealer'> & { tx: Tx; deed: Deed; now: Instant },
  actor: Actor,
  taken: StepUpRow,
  { typed, trustBrowser }: { typed: string; trustBrowser: boolean },
): Promise<Verified> {
  const { binding, channel } = await findOpen(tx, actor, taken.id);
  const account = await tx.people.findAccountById(taken.accountId);
  if (account === undefined || !account.isEnabled)
    throw failure('unknown', 'This account cannot verify a push any more.');
  const method = channel === 'totp' ? await useAuthenticator(tx, sealer, account, typed, now) : channel;
  if (method === undefined) throw wrongCode(taken);
  const until = expiryAfter(now, STEP_UP_VERIFIED_MS);
  await tx.people.verifyStepUp(taken.id, { at: until.wallMs, ms: until.serviceMs });
  const trustedBrowser = trustBrowser ? await trustBrowserOf(tx, account, now) : undefined;
  const detail = { ...intentOf(binding), challengeId: taken.id, method, isBrowserTrusted: trustBrowser };
  await tx.audit.append(auditEntry(actor, deed, now.wallMs, detail));
  return { verifiedUntil: until.wallMs, ...(trustedBrowser === undefined ? {} : { trustedBrowser }) };
}

/** Uses up a code of the app, or a recovery code. @returns which; undefined: it is neither. */
async function useAuthenticator(
  tx: Tx,
  sealer: Sealer,
  account: AccountRow,
  typed: string,
  now: Instant,
): Promise<'totp' | 'recovery-code' | undefined> {
  if (!account.hasTotp || account.totpSealed === null) return undefined;
  const result = checkTotp({
    secret: sealer.open(totpPurpose(account.id), account.totpSealed),
    code: typed,
    afterTimeStep: account.totpLastStep ?? undefined,
    nowMs: now.wallMs,
  });
  if (result.ok) {
    await tx.people.updateAccount(account.id, { totpLastStep: result.timeStep });
    return 'totp';
  }
  const recoveryHash = hashRecoveryCode(typed);
  if (recoveryHash === undefined) return undefined;
  return (await tx.people.takeRecoveryCode(account.id, recoveryHash)) ? 'recovery-code' : undefined;
}

async function trustBrowserOf(tx: Tx, account: AccountRow, now: Instant) {
  const token = createSecret();
  const expiresAt = now.wallMs + TRUSTED_BROWSER_LIFETIME_MS;
  await tx.people.addTrustedBrowser({
    tokenSha256: hashSecret(token),
    accountId: account.id,
    createdAt: now.wallMs,
    expiresAt,
  });
  return { token, expiresAt };
}

function wrongCode({ attemptsLeft }: StepUpRow): DomainError {
  const message = `The code is not right. Attempts left: ${attemptsLeft}.`;
  return failure('wrong-code', message, { attemptsLeft });
}

function failure(reason: StepUpFailure, message: string, detail: Record<string, unknown> = {}): DomainError {
  return new DomainError('step-up-failed', message, { reason, ...detail });
}
