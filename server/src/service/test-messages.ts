/**
 * Trying out the way that codes go: a message that says it is a test, to the administrator who asks.
 *
 * It takes no address, so that nobody can make the server write to somebody else; and there are only so many in an
 * hour, because each costs money and a provider may block who sends too many.
 */
import type { Clock, Instant } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import { STEP_UP_CODE_LIFETIME_MS, TEST_MESSAGES_PER_HOUR } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { AccountRow, Store, Tx } from '../domain/store-port.ts';
import { type CodeChannel, CodeChannelError, type CodeMessage } from '../stepup/channel.ts';
import { type CodeChannels, maskAddress } from '../stepup/channels.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { demandPerson } from './own-account.ts';

export type TestChannel = 'sms' | 'email';
/** `address` is masked. */
export type SentTest = { channel: TestChannel; provider: string; address: string };

export interface TestMessages {
  /**
   * To the caller's own number or mailbox. Refuses `action-not-allowed` without a provider or an address
   * (`detail.reason`), `throttled`, and `unavailable` with what the provider said.
   */
  send(actor: Actor, channel: TestChannel): Promise<SentTest>;
}

type Parts = { store: Store; clock: Clock; channels: CodeChannels };

const HOUR_MS = 3_600_000;
/** No code that anything would accept; templates of providers demand one. */
const NO_CODE = '000000';
const PURPOSE = { en: 'nothing: it is a test', zh: '测试，不是真正的验证码' } as const;
const SETTING = { sms: 'OPENCOTA_SMS_PROVIDER', email: 'OPENCOTA_SMTP_URL' } as const;
const LACKING = { sms: 'telephone number', email: 'e-mail address' } as const;

export function createTestMessages(parts: Parts): TestMessages {
  const { store, clock, channels } = parts;
  return {
    send(actor, channel) {
      const deed = { action: 'server.test-message', productKey: null, target: channel };
      return recordingRefusals(parts, actor, deed, async () => {
        demandPerson(actor);
        demand(actor, 'admin');
        const by = getProvider(channels, channel);
        const now = clock.now();
        // Counted and in the log before it goes out, whatever happens then.
        const { message, sent } = await store.write(async (tx) => {
          const account = await tx.people.findAccountById(actor.userId ?? 0);
          const { to, language } = readRecipient(account, channel);
          await countMessage(tx, actor, now);
          const address = maskAddress(to);
          await tx.audit.append(auditEntry(actor, deed, now.wallMs, { provider: by.provider, address }));
          return { message: testMessage(to, language), sent: { channel, provider: by.provider, address } };
        });
        await deliver(by, message);
        return sent;
      });
    },
  };
}

function getProvider(channels: CodeChannels, channel: TestChannel): CodeChannel {
  const by = channels[channel];
  if (by !== undefined) return by;
  throw new DomainError(
    'action-not-allowed',
    `This server has no provider for ${channel}. Set ${SETTING[channel]} and what goes with it, and start it again.`,
    { reason: 'no-provider' },
  );
}

function readRecipient(account: AccountRow | undefined, channel: TestChannel) {
  const to = channel === 'sms' ? account?.phone : account?.email;
  if (account !== undefined && to != null) return { to, language: account.language };
  throw new DomainError(
    'action-not-allowed',
    `Your account has no ${LACKING[channel]}. Enter one, then try again.`,
    { reason: 'no-address' },
  );
}

async function countMessage(tx: Tx, actor: Actor, now: Instant): Promise<void> {
  const { count, endsMs } = await tx.people.throttle(`test-message:account:${actor.userId}`, HOUR_MS, now);
  if (count <= TEST_MESSAGES_PER_HOUR) return;
  throw new DomainError(
    'throttled',
    `No more than ${TEST_MESSAGES_PER_HOUR} test messages are sent in an hour. Try again later.`,
    { retryAfterSeconds: Math.ceil((endsMs - now.serviceMs) / 1000) },
  );
}

function testMessage(to: string, language: CodeMessage['language']): CodeMessage {
  const expiresInSeconds = STEP_UP_CODE_LIFETIME_MS / 1000;
  return { to, code: NO_CODE, purpose: PURPOSE[language], expiresInSeconds, language, isTest: true };
}

async function deliver(by: CodeChannel, message: CodeMessage): Promise<void> {
  try {
    await by.send(message, new AbortController().signal);
  } catch (error) {
    if (!(error instanceof CodeChannelError)) throw error;
    // Its words hold neither the address nor a secret (`stepup/channel.ts`).
    const { provider, failure, providerCode = null } = error;
    throw new DomainError('unavailable', error.message, { provider, failure, providerCode }, error);
  }
}
