/**
 * Slows down the guessing of passwords without letting a stranger lock anybody out.
 *
 * Only failures count, for a window of time, in the store, so that a restart forgives nothing:
 * - A name *from* a network: after some failures even the right password is refused there. A success resets it.
 * - A network, over all names: stops one machine that tries many names.
 * - A name, over all networks: stops many machines that try one name. Beyond it, a network keeps only its
 *   first try: the person whose own network has no failure still gets in with the right password, and a
 *   thousand guessing machines get one guess each instead of ten.
 *
 * Whether a name exists makes no difference. Sign-ins of one name from one network run one after another,
 * so guesses sent at once are counted like guesses sent in turn.
 */
import { isIPv6 } from 'node:net';
import type { Clock, Instant } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import { SIGN_IN_FAILURES_PER_WINDOW, SIGN_IN_WINDOW_MS } from '../domain/limits.ts';
import type { Store, Tx } from '../domain/store-port.ts';

export const NETWORK_FAILURES_PER_WINDOW = 50;
export const ACCOUNT_FAILURES_PER_WINDOW = 50;
/** How many sign-ins of one name from one network may wait for each other. */
export const SIGN_INS_WAITING_MAX = 20;
const QUEUE_RETRY_SECONDS = 1;
const NAME_CHARS_MAX = 64;

export type SignInOrigin = { username: string; remoteAddress: string };

export interface SignInThrottle {
  /** Runs one try when it is allowed. Refuses `throttled` with `detail.retryAfterSeconds`. */
  admit<T>(origin: SignInOrigin, attempt: () => Promise<T>): Promise<T>;
  countFailure(origin: SignInOrigin): Promise<void>;
  /** Part of the transaction that opens the session. */
  forgive(tx: Tx, origin: SignInOrigin): Promise<void>;
}

export function createSignInThrottle({ store, clock }: { store: Store; clock: Clock }): SignInThrottle {
  const inTurn = createTurns();
  return {
    admit: (origin, attempt) =>
      inTurn(keysOf(origin).pair, async () => {
        const now = clock.now();
        const endsMs = await store.read((tx) => findRefusalEnd(tx, origin, now));
        if (endsMs !== undefined) throw throttled(Math.ceil((endsMs - now.serviceMs) / 1000));
        return attempt();
      }),
    async countFailure(origin) {
      const now = clock.now();
      await store.write(async (tx) => {
        for (const key of Object.values(keysOf(origin)))
          await tx.people.throttle(key, SIGN_IN_WINDOW_MS, now);
      });
    },
    forgive: (tx, origin) => tx.people.resetThrottle(keysOf(origin).pair),
  };
}

/**
 * What counts as one place: an IPv4 address, or the /64 network of an IPv6 address, since anyone who has
 * one of those has all of its addresses.
 */
export function networkOf(remoteAddress: string): string {
  const [address = ''] = remoteAddress.toLowerCase().split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = [], tail = []] = address
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const groups = [...head, ...zeros, ...tail].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}

/** The service time at which a refusal ends; undefined: the try is allowed. */
async function findRefusalEnd(tx: Tx, origin: SignInOrigin, now: Instant): Promise<number | undefined> {
  const keys = keysOf(origin);
  const pair = await tx.people.findThrottle(keys.pair, now);
  const network = await tx.people.findThrottle(keys.network, now);
  const account = await tx.people.findThrottle(keys.account, now);
  if (pair.count >= SIGN_IN_FAILURES_PER_WINDOW) return pair.endsMs;
  if (network.count >= NETWORK_FAILURES_PER_WINDOW) return network.endsMs;
  // Either ending lets the next try through.
  if (account.count >= ACCOUNT_FAILURES_PER_WINDOW && pair.count > 0)
    return Math.min(account.endsMs, pair.endsMs);
  return undefined;
}

function keysOf({ username, remoteAddress }: SignInOrigin) {
  const name = username.slice(0, NAME_CHARS_MAX);
  const network = networkOf(remoteAddress);
  return {
    pair: `sign-in:account-from:${network} ${name}`,
    network: `sign-in:from:${network}`,
    account: `sign-in:account:${name}`,
  };
}

/** Runs work with the same key one after another. */
function createTurns() {
  const queues = new Map<string, { tail: Promise<unknown>; length: number }>();
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const queue = queues.get(key) ?? { tail: Promise.resolve(), length: 0 };
    if (queue.length > SIGN_INS_WAITING_MAX) throw throttled(QUEUE_RETRY_SECONDS);
    const turn = queue.tail.then(work);
    queue.tail = turn.catch(() => undefined);
    queue.length += 1;
    queues.set(key, queue);
    try {
      return await turn;
    } finally {
      queue.length -= 1;
      if (queue.length === 0) queues.delete(key);
    }
  };
}

function throttled(retryAfterSeconds: number): DomainError {
  const message = `Too many failed sign-ins. Try again in ${waitText(retryAfterSeconds)}.`;
  return new DomainError('throttled', message, { retryAfterSeconds });
}

function waitText(seconds: number): string {
  if (seconds <= 60) return `${seconds} s`;
  return `${Math.ceil(seconds / 60)} min`;
}
