/**
 * The second factor before a push (R10): who needs one, and sending the challenge.
 *
 * A push from an untrusted context is refused `step-up-required`, and the session remembers what it
 * wanted. A challenge belongs to that session and that push. Its code is good for five minutes and one
 * success; five wrong ones end it (`step-up-check.ts`), and an account gets only so many in an hour.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, expiryAfter, hasExpired, type Instant } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import {
  STEP_UP_ATTEMPTS_MAX,
  STEP_UP_CHALLENGES_PER_HOUR,
  STEP_UP_CODE_LIFETIME_MS,
} from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { Sealer } from '../domain/sealer.ts';
import type { AccountRow, StepUpRow, Store, Tx } from '../domain/store-port.ts';
import { type CodeChannel, CodeChannelError, type CodeMessage } from '../stepup/channel.ts';
import { type CodeChannels, maskAddress } from '../stepup/channels.ts';
import { createCode, hashCode } from '../stepup/codes.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { bindingOf, intentOf, type PushIntent, purposeOf } from './push-intent.ts';
import { hashSecret, isSecret } from './secrets.ts';
import { createStepUpCheck, type StepUpCheck } from './step-up-check.ts';

export type StepUpChannel = StepUpRow['channel'];

/** Where a push comes from. */
export type PushContext = {
  trustedBrowserToken?: string | undefined;
  isTrustedNetwork: boolean;
};

export type ChallengeRequest = {
  /** Without one: the push that the session was last refused. */
  intent?: PushIntent | undefined;
  /** Taken when it is available; otherwise the best that is. */
  channel?: StepUpChannel | undefined;
  signal?: AbortSignal | undefined;
};

export type SentChallenge = {
  challengeId: string;
  channel: StepUpChannel;
  /** Where the code went, masked; null for an authenticator and for the log. */
  address: string | null;
  expiresAt: number;
};

export interface StepUp extends StepUpCheck {
  /**
   * Passes, or refuses: `step-up-required` with `detail.channels` and the intent, `scope-required` for a
   * token without `rollouts:unattended`. It writes to the store, so it is not called inside a transaction;
   * its refusal is recorded by the service that wants to push.
   */
  requireVerified(actor: Actor, intent: PushIntent, context: PushContext): Promise<void>;
  /**
   * Makes a challenge and sends its code. Refuses `invalid-request` without anything to verify,
   * `throttled` with `detail.retryAfterSeconds`, `unavailable` when the provider fails.
   */
  send(actor: Actor, request: ChallengeRequest): Promise<SentChallenge>;
}

type Parts = { store: Store; clock: Clock; sealer: Sealer; channels: CodeChannels };

/** A challenge that is stored but not sent yet. `message` is null where the person has the code already. */
type Challenge = { sent: SentChallenge; message: CodeMessage | null };

const HOUR_MS = 3_600_000;

export function createStepUpService(parts: Parts): StepUp {
  const codeKey = parts.sealer.derive('step-up');
  return {
    ...createStepUpCheck({ ...parts, codeKey }),
    async requireVerified(actor, intent, context) {
      if (actor.kind === 'system') return;
      if (actor.kind === 'token') return demandUnattended(actor);
      if (context.isTrustedNetwork) return;
      const now = parts.clock.now();
      const binding = bindingOf(intent);
      const found = await parts.store.read((tx) => lookUp(tx, actor, context, now));
      if (found.isTrustedBrowser || found.verifiedBindings.has(binding)) return;
      await parts.store.write((tx) => tx.people.setWantedPush(found.sessionId, binding));
      throw new DomainError(
        'step-up-required',
        'This push needs a verification code. Ask for one, enter it, then push again.',
        {
          channels: availableChannels(found.account, parts.channels),
          ...intent,
        },
      );
    },
    send(actor, request) {
      const deed = {
        action: 'step-up.send',
        productKey: request.intent?.productKey ?? null,
        target: actor.name,
      };
      return recordingRefusals(parts, actor, deed, async () => {
        demandUnattended(actor);
        demand(actor, 'rollouts:write');
        const code = createCode();
        // What is in the log before the code goes out is there whatever happens then.
        const challenge = await parts.store.write((tx) =>
          createChallenge({ ...parts, tx, codeKey, code }, actor, request),
        );
        if (challenge.message !== null)
          await deliver(parts.channels, challenge.sent.channel, challenge.message, request.signal);
        return challenge.sent;
      });
    },
  };
}

function demandUnattended(actor: Actor): void {
  if (actor.kind !== 'token' || actor.isUnattended) return;
  throw new DomainError('scope-required', 'Pushing with a token needs the scope rollouts:unattended.', {
    scope: 'rollouts:unattended',
  });
}

async function lookUp(tx: Tx, actor: Actor, { trustedBrowserToken }: PushContext, now: Instant) {
  const { account, sessionId } = await getPerson(tx, actor);
  const mayBeTrusted = trustedBrowserToken !== undefined && isSecret(trustedBrowserToken);
  const isTrustedBrowser =
    mayBeTrusted &&
    (await tx.people.isTrustedBrowser(hashSecret(trustedBrowserToken), account.id, now.wallMs));
  const rows = await tx.people.listVerifiedStepUps(sessionId);
  const verifiedBindings = new Set(rows.filter((row) => isVerified(row, now)).map((row) => row.binding));
  return { account, sessionId, isTrustedBrowser, verifiedBindings };
}

function isVerified({ verifiedUntilAt, verifiedUntilMs }: StepUpRow, now: Instant): boolean {
  if (verifiedUntilAt === null || verifiedUntilMs === null) return false;
  return !hasExpired({ wallMs: verifiedUntilAt, serviceMs: verifiedUntilMs }, now);
}

/** The account and session of a signed-in person, as they are now. */
async function getPerson(tx: Tx, actor: Actor) {
  const session = actor.sessionId === null ? undefined : await tx.people.findWebSession(actor.sessionId);
  const account = session === undefined ? undefined : await tx.people.findAccountById(session.accountId);
  if (session === undefined || account === undefined)
    throw new DomainError('unauthenticated', 'A second factor belongs to a session. Sign in first.');
  return { account, sessionId: session.id, wantedPush: session.wantedPush };
}

/** What this person can be reached by, best first. The log is only for those who have nothing else. */
function availableChannels(account: AccountRow, channels: CodeChannels): StepUpChannel[] {
  const available: StepUpChannel[] = [];
  if (account.hasTotp) available.push('totp');
  if (channels.sms !== undefined && account.phone !== null) available.push('sms');
  if (channels.email !== undefined && account.email !== null) available.push('email');
  return available.length > 0 ? available : ['log'];
}

async function createChallenge(
  {
    tx,
    clock,
    channels,
    codeKey,
    code,
  }: Pick<Parts, 'clock' | 'channels'> & { tx: Tx; codeKey: Uint8Array; code: string },
  actor: Actor,
  request: ChallengeRequest,
): Promise<Challenge> {
  const now = clock.now();
  const { account, sessionId, wantedPush } = await getPerson(tx, actor);
  const intent = request.intent ?? wantedIntent(wantedPush);
  const product = await tx.products.find(intent.productKey);
  if (product === undefined)
    throw new DomainError('product-not-found', `There is no product ${intent.productKey}.`);
  await countChallenge(tx, account, now);
  const available = availableChannels(account, channels);
  const channel = available.find((each) => each === request.channel) ?? available[0]!;
  const to = addressOf(account, channel);
  const expiry = expiryAfter(now, STEP_UP_CODE_LIFETIME_MS);
  const challengeId = randomUUID();
  await tx.people.createStepUp({
    id: challengeId,
    accountId: account.id,
    sessionId,
    channel,
    binding: bindingOf(intent),
    codeHash: channel === 'totp' ? null : hashCode(codeKey, challengeId, code),
    attemptsLeft: STEP_UP_ATTEMPTS_MAX,
    expiresAt: expiry.wallMs,
    expiresMs: expiry.serviceMs,
    verifiedUntilAt: null,
    verifiedUntilMs: null,
    createdAt: now.wallMs,
  });
  const address = to === null ? null : maskAddress(to);
  const deed = { action: 'step-up.send', productKey: intent.productKey, target: account.username };
  await tx.audit.append(auditEntry(actor, deed, now.wallMs, { ...intent, challengeId, channel, address }));
  // The log is read by whoever runs the server, in the language of its other lines.
  const language = channel === 'log' ? 'en' : account.language;
  const message: CodeMessage = {
    to: to ?? account.username,
    code,
    purpose: purposeOf(intent, product.name, language),
    expiresInSeconds: STEP_UP_CODE_LIFETIME_MS / 1000,
    language,
  };
  return {
    sent: { challengeId, channel, address, expiresAt: expiry.wallMs },
    message: channel === 'totp' ? null : message,
  };
}

function wantedIntent(wantedPush: string | null): PushIntent {
  if (wantedPush !== null) return intentOf(wantedPush);
  throw new DomainError(
    'invalid-request',
    'There is nothing to verify: this session was refused no push, and the request names none.',
  );
}

async function countChallenge(tx: Tx, account: AccountRow, now: Instant): Promise<void> {
  const { count, endsMs } = await tx.people.throttle(`step-up:account:${account.id}`, HOUR_MS, now);
  if (count <= STEP_UP_CHALLENGES_PER_HOUR) return;
  const retryAfterSeconds = Math.ceil((endsMs - now.serviceMs) / 1000);
  throw new DomainError(
    'throttled',
    `No more than ${STEP_UP_CHALLENGES_PER_HOUR} codes are sent in an hour. Try again later.`,
    {
      retryAfterSeconds,
    },
  );
}

function addressOf(account: AccountRow, channel: StepUpChannel): string | null {
  if (channel === 'sms') return account.phone;
  return channel === 'email' ? account.email : null;
}

async function deliver(
  channels: CodeChannels,
  channel: StepUpChannel,
  message: CodeMessage,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const by: CodeChannel | undefined = channel === 'totp' ? undefined : channels[channel];
  if (by === undefined) throw new Error(`There is no channel ${channel}.`);
  try {
    await by.send(message, signal);
  } catch (error) {
    if (!(error instanceof CodeChannelError)) throw error;
    throw new DomainError(
      'unavailable',
      `${error.message} Try again, or ask an administrator.`,
      { provider: error.provider, failure: error.failure },
      error,
    );
  }
}
