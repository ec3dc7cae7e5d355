/**
 * What to do with an offered configuration: the whole policy of the device, as a pure state machine.
 *
 * Events go in (`offered`, `worked`, `handlerStuck`, `handlerFreed` and so on), a new state and a list
 * of actions come out; the device carries them out and decides nothing itself. The rules:
 *
 * 1. One at a time. While one offer is being worked on, only the newest other one waits; an offer
 *    that a newer one displaces gets no reply.
 * 2. Never down. A version lower than the running one is refused.
 * 3. Never twice. The running version offered again is confirmed without calling the handler,
 *    unless the handler's last run with it failed.
 * 4. No loops. A configuration the handler failed on is tried again by every push, because a person
 *    asked for it, but by `get`, which every reconnect sends, at most once per process.
 * 5. One fresh link. A download that failed is tried once more with a new link from `get`.
 * 6. Nothing beside a stuck call. While the handler ignores its time limit nothing is begun; offers
 *    wait as in rule 1.
 *
 * | offered, while nothing is being worked on or stuck | verdict |
 * |---|---|
 * | version below the running one | `stale`: reply 100005 |
 * | the running one, and the handler took it | `confirm`: reply 200 |
 * | by `get`, failed before and already tried by `get` | `skip`: no reply |
 * | anything else | `work`: download, check, handler, store, reply |
 */
import {
  type ConfigFile,
  DEVICE_REPLY_CODE,
  type DeviceReplyCode,
  ID_WITHOUT_PUSH,
  type PushReply,
} from './protocol.ts';

/** What makes two configurations the same one. */
export type Identity = { version: number | undefined; sha256: string };

/** A configuration the server offers, by push or as the answer to a `get`. */
export type Offer = {
  via: 'push' | 'get';
  /** Which push to answer; `ID_WITHOUT_PUSH` when there is none. */
  id: string;
  file: ConfigFile;
  /** The link was already renewed once. */
  isSecondLink: boolean;
};

/** How the work on an offer ended. */
export type Outcome =
  | { kind: 'applied' }
  /** The link or what came over it was no good; a fresh link may help. */
  | { kind: 'download-failed'; code: DeviceReplyCode; message: string }
  /** The content itself was refused (not JSON, or the handler failed): the same bytes will fail again. */
  | { kind: 'content-failed'; code: DeviceReplyCode; message: string }
  /** Nothing is wrong with the content; the device could not take it. */
  | { kind: 'device-failed'; code: DeviceReplyCode; message: string }
  /** Given up half-way because a newer offer waits. */
  | { kind: 'superseded' };

/** A handler failure that is remembered for rule 4. */
type Failure = { key: string; wasTriedByGet: boolean };

export type State = {
  readonly running: Identity | undefined;
  readonly working: Offer | undefined;
  readonly waiting: Offer | undefined;
  readonly isHandlerStuck: boolean;
  /** Its download failed and a fresh link has been asked for. */
  readonly linkless: { offer: Offer; code: DeviceReplyCode; message: string } | undefined;
  readonly failures: readonly Failure[];
  /** The running configuration that the server is known to have been told about. */
  readonly reportedKey: string | undefined;
};

export type Action =
  | { do: 'work'; offer: Offer }
  | { do: 'reply'; reply: PushReply }
  | { do: 'ask-for-link' }
  | { do: 'tell'; what: 'superseded' | 'skipped'; offer: Offer };

export type Step = { state: State; actions: readonly Action[] };

/** How many failed configurations are remembered; the oldest is forgotten. */
const FAILURES_MAX = 16;

/** @param running the configuration found on disk. */
export function initialState(running: Identity | undefined): State {
  return {
    running,
    working: undefined,
    waiting: undefined,
    isHandlerStuck: false,
    linkless: undefined,
    failures: [],
    reportedKey: undefined,
  };
}

/** The handler failed on the running configuration, which stays the kept one: rule 3 does not confirm it. */
export function runningFailed(state: State): State {
  return state.running === undefined ? state : remember(state, state.running, false);
}

/** The server offered a configuration. */
export function offered(state: State, arrived: Offer): Step {
  const met = meetLinkless(state, arrived);
  const isFree = met.state.working === undefined && !met.state.isHandlerStuck;
  if (isFree) return begin(met.state, met.offer, met.actions);
  const { waiting } = met.state;
  if (waiting === undefined) return { state: { ...met.state, waiting: met.offer }, actions: met.actions };
  const isOlder = isLower(met.offer.file, waiting.file);
  const [kept, dropped] = isOlder ? [waiting, met.offer] : [answering(waiting, met.offer), waiting];
  return {
    state: { ...met.state, waiting: kept },
    actions: kept.id === dropped.id ? met.actions : [...met.actions, superseded(dropped)],
  };
}

/** The work on `state.working` ended. */
export function worked(state: State, outcome: Outcome): Step {
  const offer = state.working;
  if (offer === undefined) return { state, actions: [] };
  const idle: State = { ...state, working: undefined };
  return beginWaiting(settle(idle, offer, outcome));
}

/** A call of the handler is stuck. To be told before `worked`, which would begin what waits. */
export function handlerStuck(state: State): State {
  return { ...state, isHandlerStuck: true };
}

/** The stuck call has settled, and the handler was called, well or not, with the running configuration. */
export function handlerFreed(state: State, isRunningGood: boolean): Step {
  const freed = { ...state, isHandlerStuck: false };
  if (!isRunningGood || state.running === undefined) {
    return beginWaiting({ state: runningFailed(freed), actions: [] });
  }
  return beginWaiting({ state: forget(freed, state.running), actions: [] });
}

/** No fresh link is to be had: the download failure that asked for it is final. */
export function freshLinkDenied(state: State): Step {
  if (state.linkless === undefined) return { state, actions: [] };
  const { offer, code, message } = state.linkless;
  const next: State = { ...state, linkless: undefined };
  return { state: next, actions: [replyTo(next, offer, code, message)] };
}

/** The server has taken a reply: a confirmation need not be repeated on the next `get`. */
export function replyAcknowledged(state: State, reply: PushReply): State {
  const { running } = state;
  if (running === undefined || reply.code !== DEVICE_REPLY_CODE.applied) return state;
  const isAboutRunning = reply.sha256 === running.sha256 && reply.runningVersion === (running.version ?? 0);
  return isAboutRunning ? { ...state, reportedKey: keyOf(running) } : state;
}

/** A newer offer, or the same one again, waits: the work on the current one is in vain. */
export function isSuperseded(state: State): boolean {
  const { working, waiting } = state;
  return working !== undefined && waiting !== undefined && !isLower(waiting.file, working.file);
}

function beginWaiting({ state, actions }: Step): Step {
  const { waiting } = state;
  if (waiting === undefined || state.isHandlerStuck) return { state, actions };
  return begin({ ...state, waiting: undefined }, waiting, actions);
}

function begin(state: State, offer: Offer, before: readonly Action[]): Step {
  switch (verdict(state, offer)) {
    case 'stale': {
      const message = `version ${offer.file.version} is lower than the running ${state.running?.version}`;
      return { state, actions: [...before, replyTo(state, offer, DEVICE_REPLY_CODE.staleVersion, message)] };
    }
    case 'confirm': {
      const isKnown = offer.id === ID_WITHOUT_PUSH && state.reportedKey === keyOf(offer.file);
      const reply = replyTo(state, offer, DEVICE_REPLY_CODE.applied, 'success');
      return { state, actions: isKnown ? before : [...before, reply] };
    }
    case 'skip':
      return { state, actions: [...before, { do: 'tell', what: 'skipped', offer }] };
    case 'work':
      return { state: { ...state, working: offer }, actions: [...before, { do: 'work', offer }] };
  }
}

function verdict(state: State, { file, via }: Offer): 'stale' | 'confirm' | 'skip' | 'work' {
  const { running } = state;
  const failure = findFailure(state, file);
  if (running !== undefined && isLower(file, running)) return 'stale';
  if (running !== undefined && isSame(file, running) && failure === undefined) return 'confirm';
  if (via === 'get' && failure?.wasTriedByGet) return 'skip';
  return 'work';
}

function settle(state: State, offer: Offer, outcome: Outcome): Step {
  switch (outcome.kind) {
    case 'applied': {
      const { version, sha256 } = offer.file;
      const next = { ...forget(state, offer.file), running: { version, sha256 } };
      return { state: next, actions: [replyTo(next, offer, DEVICE_REPLY_CODE.applied, 'success')] };
    }
    case 'superseded':
      return giveWay(state, offer);
    case 'download-failed':
      return settleDownloadFailure(state, offer, outcome);
    case 'content-failed': {
      const failed = remember(state, offer.file, offer.via === 'get');
      const next = outcome.code === DEVICE_REPLY_CODE.revertFailed ? runningFailed(failed) : failed;
      return { state: next, actions: [replyTo(next, offer, outcome.code, outcome.message)] };
    }
    case 'device-failed': {
      const next = outcome.code === DEVICE_REPLY_CODE.revertFailed ? runningFailed(state) : state;
      return { state: next, actions: [replyTo(next, offer, outcome.code, outcome.message)] };
    }
  }
}

function settleDownloadFailure(
  state: State,
  offer: Offer,
  { code, message }: { code: DeviceReplyCode; message: string },
): Step {
  if (isSuperseded({ ...state, working: offer })) return giveWay(state, offer);
  // An offer that already waits for a link is the newer of the two: this one is not worth another request.
  const isFinal = offer.isSecondLink || state.linkless !== undefined;
  if (isFinal) return { state, actions: [replyTo(state, offer, code, message)] };
  return { state: { ...state, linkless: { offer, code, message } }, actions: [{ do: 'ask-for-link' }] };
}

/** The waiting offer takes the place of this one. */
function giveWay(state: State, offer: Offer): Step {
  const waiting = state.waiting && answering(offer, state.waiting);
  return { state: { ...state, waiting }, actions: waiting?.id === offer.id ? [] : [superseded(offer)] };
}

/**
 * An offer arrives while another one waits for a fresh link. The same configuration by `get` is that
 * link, and the push it came from is still the one to answer. A newer one makes it superfluous.
 */
function meetLinkless(
  state: State,
  arrived: Offer,
): { state: State; offer: Offer; actions: readonly Action[] } {
  const { linkless } = state;
  if (linkless === undefined) return { state, offer: arrived, actions: [] };
  const cleared: State = { ...state, linkless: undefined };
  if (isSame(arrived.file, linkless.offer.file)) {
    const offer = { ...answering(linkless.offer, arrived), isSecondLink: true };
    return {
      state: cleared,
      offer,
      actions: offer.id === linkless.offer.id ? [] : [superseded(linkless.offer)],
    };
  }
  if (!isLower(arrived.file, linkless.offer.file)) {
    return { state: cleared, offer: arrived, actions: [superseded(linkless.offer)] };
  }
  if (arrived.via === 'push') return { state, offer: arrived, actions: [] };
  const denied = freshLinkDenied(state);
  return { state: denied.state, offer: arrived, actions: denied.actions };
}

/** A `get` that brings what a push asked for answers that push. */
function answering(push: Offer, later: Offer): Offer {
  const isSuccessor = isSame(later.file, push.file) && later.id === ID_WITHOUT_PUSH;
  return isSuccessor ? { ...later, id: push.id, via: push.via } : later;
}

function superseded(offer: Offer): Action {
  return { do: 'tell', what: 'superseded', offer };
}

function replyTo(state: State, offer: Offer, code: DeviceReplyCode, message: string): Action {
  const runningVersion = state.running?.version ?? 0;
  return { do: 'reply', reply: { id: offer.id, code, message, runningVersion, sha256: offer.file.sha256 } };
}

function isLower(one: Identity, other: Identity): boolean {
  return one.version !== undefined && other.version !== undefined && one.version < other.version;
}

/** A server without versions names a configuration by its digest alone. */
function isSame(one: Identity, running: Identity): boolean {
  return one.sha256 === running.sha256 && (one.version === undefined || one.version === running.version);
}

function keyOf({ version, sha256 }: Identity): string {
  return `${version ?? '-'}:${sha256}`;
}

function findFailure(state: State, identity: Identity): Failure | undefined {
  return state.failures.find((failure) => failure.key === keyOf(identity));
}

function remember(state: State, identity: Identity, isByGet: boolean): State {
  const earlier = findFailure(state, identity);
  const failure: Failure = {
    key: keyOf(identity),
    wasTriedByGet: isByGet || earlier?.wasTriedByGet === true,
  };
  return { ...state, failures: [...forget(state, identity).failures, failure].slice(-FAILURES_MAX) };
}

function forget(state: State, identity: Identity): State {
  return { ...state, failures: state.failures.filter((failure) => failure.key !== keyOf(identity)) };
}
