/**
 * The store: all that must survive, on one page.
 *
 * `write` is one durable transaction: when its promise resolves, what it did survives `kill -9` and a
 * power cut (P1, P2); when it rejects, nothing happened. Transactions behave as if they ran one after
 * another. Inside `work` nothing but the transaction's own methods may be awaited, and `work` may be
 * run again by an engine that met a conflict, so it must have no other effect. What was judged before the
 * transaction may be otherwise in it: other work runs while one waits for its turn. What `read` finds is of one moment.
 *
 * Refusals: `storage-full`, `storage-unavailable`; `already-exists` where a method says so. Methods
 * named `find…` may give undefined, `list…` give a bounded page. Every engine passes `test/conformance/store.ts`.
 */
import type { Instant } from './clock.ts';
import type { LastPush } from './cool-down.ts';
import type { Delivery, DeliveryState } from './delivery.ts';
import type { Device, DeviceReport, Presence } from './device.ts';
import type { Scope, User } from './people.ts';
import type { Product, ProductSettings, ProductStanding } from './product.ts';
import type { PauseReason, Rollout, RolloutProgress } from './rollout.ts';
import type { ConfigVersion, Draft, VersionOrigin } from './version.ts';

export interface Store extends AsyncDisposable {
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** For how long the oldest work that is not done has waited, in milliseconds; 0: none waits. A stuck disk shows here. */
  writeWaitMs(): number;
  /** Copies everything, as of now, to a new file, while work goes on. Refuses `already-exists` for a file that is there. */
  backup(path: string): Promise<void>;
}

export interface Tx {
  readonly products: ProductStore;
  readonly configs: ConfigStore;
  readonly devices: DeviceStore;
  readonly sessions: SessionStore;
  readonly rollouts: RolloutStore;
  readonly deliveries: DeliveryStore;
  readonly people: PeopleStore;
  readonly audit: AuditStore;
  readonly upkeep: UpkeepStore;
}

/** A page by keyset: at most `limit` items after the one `after` names (undefined: from the start). */
export type PageOf<Key> = { after: Key | undefined; limit: number };

export interface ProductStore {
  /** Refuses `already-exists` for a taken key. */
  create(product: {
    productKey: string;
    secretSealed: Uint8Array;
    settings: ProductSettings;
    createdAt: number;
  }): Promise<Product>;
  find(productKey: string): Promise<Product | undefined>;
  findById(id: number): Promise<Product | undefined>;
  /** By key, ascending. */
  list(page: PageOf<string>): Promise<Product[]>;
  /** Writes settings and raises the revision. Turning the switch off raises the link epoch. */
  update(id: number, settings: ProductSettings): Promise<Product>;
  findSecret(id: number): Promise<Uint8Array | undefined>;
  setSecret(id: number, secretSealed: Uint8Array): Promise<void>;
  /** How many devices last downloaded which version, newest first. */
  listUsage(id: number, limit: number): Promise<{ version: number; deviceCount: number }[]>;
  /** How far each product's rollouts are, by its id: two statements, however many products. */
  listStandings(ids: readonly number[]): Promise<Map<number, ProductStanding>>;
  /** Raises the version counter to at least `number`: a restored store must not reuse numbers that devices know. */
  raiseVersion(id: number, number: number): Promise<void>;
  setRolledOut(id: number, version: number): Promise<void>;
}

export interface ConfigStore {
  findDraft(productId: number): Promise<Draft | undefined>;
  /** Writes the draft when its revision is still `ifRevision` (0: there is none yet); undefined: it is not. */
  putDraft(
    productId: number,
    content: Uint8Array,
    ifRevision: number,
    by: string,
    at: number,
  ): Promise<Draft | undefined>;
  findSchema(productId: number): Promise<SchemaRow | undefined>;
  /** `content` null removes the schema; the revision rises all the same. */
  putSchema(
    productId: number,
    content: Uint8Array | null,
    ifRevision: number,
    by: string,
    at: number,
  ): Promise<SchemaRow | undefined>;
  /** Saves a content as the next version (R5). The number is the product's latest plus one. */
  saveVersion(version: NewVersion): Promise<ConfigVersion>;
  findVersion(productId: number, number: number): Promise<ConfigVersion | undefined>;
  findContent(productId: number, number: number): Promise<Uint8Array | undefined>;
  /** Newest first. */
  listVersions(productId: number, page: PageOf<number>): Promise<ConfigVersion[]>;
  /**
   * Removes versions beyond the newest `keep`, but none that a device runs or a rollout names (R6).
   * @returns the numbers removed, at most `limit`.
   */
  removeOldVersions(productId: number, keep: number, limit: number): Promise<number[]>;
}

export type SchemaRow = {
  content: Uint8Array | null;
  revision: number;
  updatedAt: number;
  updatedBy: string;
};

export type NewVersion = {
  productId: number;
  configId: string;
  content: Uint8Array;
  sha256: string;
  author: string;
  note: string;
  origin: VersionOrigin;
  createdAt: number;
};

export type DeviceFilter = {
  productId: number;
  /** The device name starts with this. */
  namePrefix?: string;
  tag?: string;
  isOnline?: boolean;
  /** Last downloaded version. */
  version?: number;
  isEnabled?: boolean;
  /** Its delivery of this rollout is in this state. */
  delivery?: { rolloutId: number; state: DeliveryState };
};

export type NewDevice = { deviceName: string; secretSealed: Uint8Array; tags: readonly string[] };

/** What a sign-in needs, read in one go. */
export type DeviceCredentials = {
  deviceId: number;
  productId: number;
  isEnabled: boolean;
  secretSealed: Uint8Array;
  /** Still accepted after a rotation until `previousUntil` (wall time). */
  previousSecretSealed: Uint8Array | null;
  previousUntil: number | null;
};

/** The one reading that cannot wait for a promise: OpenSSL asks in the middle of a handshake. */
export interface CredentialLookup extends Disposable {
  findCredentials(productKey: string, deviceName: string): DeviceCredentials | undefined;
}

export interface DeviceStore {
  /** Refuses `already-exists` for a taken name. */
  create(productId: number, device: NewDevice, at: number): Promise<Device>;
  /** Creates those whose name is free. @returns the names that were taken. */
  createMany(productId: number, devices: readonly NewDevice[], at: number): Promise<string[]>;
  find(productId: number, deviceName: string): Promise<Device | undefined>;
  findById(id: number): Promise<Device | undefined>;
  findNames(ids: readonly number[]): Promise<Map<number, string>>;
  /** By name, ascending. */
  list(filter: DeviceFilter, page: PageOf<string>): Promise<Device[]>;
  update(id: number, change: { tags?: readonly string[]; isEnabled?: boolean }): Promise<void>;
  remove(id: number): Promise<void>;
  findCredentials(productKey: string, deviceName: string): Promise<DeviceCredentials | undefined>;
  /** The old secret stays good until `previousUntil`. */
  setSecret(id: number, secretSealed: Uint8Array, previousUntil: number | null): Promise<void>;
  findTokens(deviceId: number): Promise<{ clientId: string; tokenSha256: string }[]>;
  /** Keeps at most `max` per device, dropping the oldest. */
  addToken(
    deviceId: number,
    token: { clientId: string; tokenSha256: string },
    max: number,
    at: number,
  ): Promise<void>;
  listTopology(
    gatewayId: number,
    limit: number,
  ): Promise<{ deviceId: number; productKey: string; deviceName: string }[]>;
  findGateway(deviceId: number): Promise<number | undefined>;
  setGateway(deviceId: number, gatewayId: number, at: number): Promise<void>;
  removeFromGateway(deviceId: number, gatewayId: number): Promise<void>;
}

export interface SessionStore {
  /**
   * Records who connected and who left, and moves their open deliveries: a connected device's become
   * due, a departed one's wait. At most `PRESENCE_BATCH` at a time; the latest entry of a device counts.
   */
  record(batch: readonly Presence[], replica: string, now: Instant): Promise<void>;
  /** Ends sessions that `isLive` replicas do not hold: at start, those of killed servers. @returns how many. */
  endStale(liveReplica: string, limit: number, now: Instant): Promise<number>;
}

export type NewRollout = {
  productId: number;
  version: number;
  deviceTotal: number;
  onlineAtStart: number;
  doneWhen: Rollout['doneWhen'];
  attemptTimeoutMs: number;
  startedMs: number;
  deadlineMs: number;
  createdAt: number;
  deadlineAt: number;
  createdBy: string;
  note: string;
};

export interface RolloutStore {
  /** Starts a rollout with one wave, and supersedes the product's active ones (R14). */
  create(rollout: NewRollout): Promise<Rollout>;
  find(id: number): Promise<Rollout | undefined>;
  findProgress(id: number): Promise<RolloutProgress>;
  /** Newest first. */
  list(productId: number, page: PageOf<number>): Promise<Rollout[]>;
  /** Those that the planner must look at: active, or ended with open deliveries. By id. */
  listAtWork(page: PageOf<number>): Promise<Rollout[]>;
  findLastPush(productId: number): Promise<LastPush>;
  pause(id: number, reason: PauseReason): Promise<void>;
  resume(id: number): Promise<void>;
  cancel(id: number, at: number): Promise<void>;
  /** Ends an active rollout that has nothing left to write, to open again, or open. @returns whether it did. */
  complete(id: number, at: number): Promise<boolean>;
  /** Opens a new generation for what failed; a completed rollout runs again, a cancelled or superseded one never. */
  reopen(id: number, deadline: { ms: number; at: number } | null): Promise<void>;
  /** One delivery is to be sent again: a completed rollout runs again, one that has ended otherwise does not. */
  revive(id: number, deadline: { ms: number; at: number } | null): Promise<void>;
  /** Pauses the product's running rollouts (R1). @returns their ids. */
  pauseAll(productId: number, reason: PauseReason): Promise<number[]>;
  /** The highest version of the product's rollouts, but for those cancelled before they reached a device; 0: none. */
  findRolledOutVersion(productId: number): Promise<number>;
}

/** A delivery claimed for hand-over, with what its message needs. */
export type ClaimedDelivery = {
  id: number;
  deviceId: number;
  attempt: number;
};

export interface DeliveryStore {
  /**
   * Writes the next batch of a rollout's deliveries: due at once for connected devices.
   * @returns how many were written; the rollout's cursor and counters move along.
   */
  expand(rolloutId: number, limit: number, now: Instant): Promise<number>;
  /**
   * Claims pending deliveries that are due and whose devices this replica holds: pending → sent, attempt + 1.
   * Once committed, nobody else claims the same attempt. None of a rollout that is not running any more.
   */
  claimDue(rolloutId: number, replica: string, limit: number, now: Instant): Promise<ClaimedDelivery[]>;
  /** Claimed, but the connection did not take it: back to pending, due again after `handOverDelayMs` or when the device connects. */
  unclaim(claims: readonly ClaimedDelivery[], now: Instant): Promise<void>;
  /** Moves attempts whose time is over. `jitter`, in [0, 1), is where their next attempts are spread from. @returns how many. */
  expire(rolloutId: number, limit: number, now: Instant, jitter: number): Promise<number>;
  /**
   * Ends open deliveries of a rollout; by a deadline only while it is active and overdue.
   * @returns how many; 0: none is left to end.
   */
  close(
    rolloutId: number,
    as: 'cancelled' | 'superseded' | 'deadline',
    limit: number,
    now: Instant,
  ): Promise<number>;
  /** Opens failed deliveries of an active rollout's older generations. @returns how many; 0: none is left, and the rollout knows. */
  reopen(rolloutId: number, limit: number, now: Instant): Promise<number>;
  /**
   * Stores what devices did; a report that finds nothing to move is kept on the device all the same.
   * What a device says about a lower version than it confirmed is late, and moves nothing back.
   */
  record(reports: readonly DeviceReport[], now: Instant): Promise<void>;
  /** The earliest service time at which `claimDue` or `expire` has work, for one replica. */
  findNextDue(rolloutId: number, replica: string): Promise<number | undefined>;
  /** By state, then id. */
  list(
    rolloutId: number,
    state: DeliveryState | undefined,
    page: PageOf<DeliveryKey>,
  ): Promise<DeliveryView[]>;
  find(rolloutId: number, deviceId: number): Promise<Delivery | undefined>;
  /**
   * Opens one failed delivery of an active rollout again, or makes a pending one due: at once where its device is
   * connected, else when it connects. Any other stays as it is.
   */
  sendAgain(id: number, now: Instant): Promise<void>;
  /** The states of these devices' deliveries of one rollout, by device id; a device without one is left out. */
  findStates(rolloutId: number, deviceIds: readonly number[]): Promise<Map<number, DeliveryState>>;
  /** Newest first. */
  listOfDevice(deviceId: number, page: PageOf<number>): Promise<DeliveryView[]>;
}

/** A delivery with the name of its device and the digest of what it carries. */
export type DeliveryView = Delivery & { readonly deviceName: string; readonly sha256: string };

export type DeliveryKey = { state: DeliveryState; id: number };

export type AccountRow = User & {
  passwordHash: string;
  /** Wall time until which a one-time password is good; null: the password is the person's own. */
  oneTimeUntil: number | null;
  totpSealed: Uint8Array | null;
  totpLastStep: number | null;
};

export type WebSessionRow = {
  id: string;
  accountId: number;
  createdAt: number;
  usedAt: number;
  /** The binding of the push that was last refused for want of a second factor. */
  wantedPush: string | null;
};

export type ApiToken = {
  id: number;
  name: string;
  scopes: readonly Scope[];
  createdBy: string;
  accountId: number;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
};

export type StepUpRow = {
  id: string;
  accountId: number;
  sessionId: string;
  channel: 'sms' | 'email' | 'totp' | 'log';
  /** What it is for: product, version, digest, target. */
  binding: string;
  codeHash: string | null;
  attemptsLeft: number;
  expiresAt: number;
  expiresMs: number;
  verifiedUntilAt: number | null;
  verifiedUntilMs: number | null;
  createdAt: number;
};

export interface PeopleStore {
  countAccounts(): Promise<number>;
  /** Refuses `already-exists` for a taken name. */
  createAccount(account: Omit<AccountRow, 'id' | 'hasTotp' | 'mustChangePassword'>): Promise<AccountRow>;
  updateAccount(
    id: number,
    change: Partial<Omit<AccountRow, 'id' | 'username' | 'hasTotp' | 'mustChangePassword'>>,
  ): Promise<void>;
  findAccount(username: string): Promise<AccountRow | undefined>;
  findAccountById(id: number): Promise<AccountRow | undefined>;
  listAccounts(page: PageOf<string>): Promise<AccountRow[]>;
  removeAccount(id: number): Promise<void>;
  setRecoveryCodes(accountId: number, codesSha256: readonly string[]): Promise<void>;
  /** @returns whether it was there: a recovery code works once. */
  takeRecoveryCode(accountId: number, codeSha256: string): Promise<boolean>;

  createWebSession(session: WebSessionRow & { remoteAddress: string; userAgent: string }): Promise<void>;
  findWebSession(id: string): Promise<WebSessionRow | undefined>;
  touchWebSession(id: string, at: number): Promise<void>;
  setWantedPush(id: string, binding: string): Promise<void>;
  removeWebSession(id: string): Promise<void>;
  /** All of an account but one: on a change of password or when it is disabled. */
  removeWebSessionsOf(accountId: number, exceptId: string | null): Promise<void>;

  createToken(token: Omit<ApiToken, 'id' | 'usedAt'> & { tokenSha256: string }): Promise<ApiToken>;
  findToken(tokenSha256: string): Promise<ApiToken | undefined>;
  touchToken(id: number, at: number): Promise<void>;
  listTokens(page: PageOf<number>): Promise<ApiToken[]>;
  removeToken(id: number): Promise<boolean>;

  addTrustedBrowser(browser: {
    tokenSha256: string;
    accountId: number;
    createdAt: number;
    expiresAt: number;
  }): Promise<void>;
  isTrustedBrowser(tokenSha256: string, accountId: number, at: number): Promise<boolean>;
  /** With a new password or a disabled account, no browser is trusted any more. */
  removeTrustedBrowsersOf(accountId: number): Promise<void>;

  createStepUp(row: StepUpRow): Promise<void>;
  findStepUp(id: string): Promise<StepUpRow | undefined>;
  /** Takes one attempt. @returns false when none is left: the code must not even be compared. */
  takeStepUpAttempt(id: string): Promise<boolean>;
  verifyStepUp(id: string, until: { at: number; ms: number }): Promise<void>;
  listVerifiedStepUps(sessionId: string): Promise<StepUpRow[]>;

  /** Counts one use of `name` within a window. @returns the count so far, and when the window ends. */
  throttle(name: string, windowMs: number, now: Instant): Promise<{ count: number; endsMs: number }>;
  /** What `throttle` would say, without counting. */
  findThrottle(name: string, now: Instant): Promise<{ count: number; endsMs: number }>;
  resetThrottle(name: string): Promise<void>;
}

/** One line of the audit log (R21). */
export type AuditEntry = {
  at: number;
  actor: string;
  remoteAddress: string;
  /** `noun.verb`, such as `rollout.start`. */
  action: string;
  outcome: 'ok' | 'refused';
  productKey: string | null;
  target: string;
  /** JSON: before and after, the refusal's code. Never a secret. */
  detail: Record<string, unknown>;
};

export interface AuditStore {
  append(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(
    filter: { productKey?: string; actor?: string; action?: string },
    page: PageOf<number>,
  ): Promise<(AuditEntry & { id: number })[]>;
}

/** `reference` names what the request made. */
export type IdempotencyRow = { requestSha256: string; reference: string };

export interface UpkeepStore {
  findIdempotent(actor: string, key: string): Promise<IdempotencyRow | undefined>;
  putIdempotent(actor: string, key: string, row: IdempotencyRow & { createdAt: number }): Promise<void>;
  findMeta(name: string): Promise<string | undefined>;
  putMeta(name: string, value: string): Promise<void>;
  beat(replica: string, now: Instant): Promise<void>;
  /** Removes what has expired: sessions, codes, throttles, keys. Bounded. */
  sweep(now: Instant, limit: number): Promise<void>;
}
