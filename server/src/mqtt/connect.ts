/**
 * CONNECT: what a device claims is judged in this order, cheapest first, and answered with CONNACK.
 *
 * | condition                                               | CONNACK            |
 * |---------------------------------------------------------|--------------------|
 * | protocol level is not 3 (`MQIsdp`) or 4 (`MQTT`)        | 1                  |
 * | client id is empty, has control characters or a wrong extension | 2          |
 * | the core is unavailable, or took too long               | 3                  |
 * | user name is not `{deviceName}&{productKey}`; wrong signature; unknown device | 4 |
 * | a will (Alink has none); a keep-alive of 1..29 s, but of a registration (`alink.md` 3.3); too many failed sign-ins | 5 |
 * | a registration without TLS where the operator refuses that | 5              |
 *
 * Clean Session 0 is accepted and Session Present is always 0: what waits for a device is in the
 * store, so there is no broker's session to keep.
 */
import { type DeviceClaim, parseDeviceClaim } from '@opencota/contract/alink/credentials';
import type { SignInResult } from '../domain/gateway-port.ts';
import type { Slots } from './admission.ts';
import type { Connection } from './connection.ts';
import type { Connect } from './decode.ts';
import { CONNACK, type ConnackCode } from './encode.ts';
import type { RefusalReason } from './events.ts';
import type { GatewayParts } from './parts.ts';
import { sendRegistration } from './registration.ts';
import { hasForbiddenCharacter } from './topic-grammar.ts';

type Judgement = { claim: DeviceClaim } | { code: ConnackCode; reason: RefusalReason };

export function handleConnect(parts: GatewayParts, connection: Connection, packet: Connect): void {
  const userName = printable(packet.userName);
  const judgement = judge(parts, packet);
  if ('code' in judgement) {
    connection.refuse(judgement.code, judgement.reason, userName);
    return;
  }
  const { claim } = judgement;
  const isRegistration = isRegistering(claim);
  if (isRegistration && !parts.mayRegister(connection)) {
    connection.refuse(CONNACK.notAuthorised, 'plain-registration', userName);
    return;
  }
  const limit = parts.failedSignIns.findLimit(connection.remoteAddress, userName, parts.clock());
  if (limit !== undefined) {
    parts.events.limitReached({ ...connection.subject(), limit });
    connection.refuse(CONNACK.notAuthorised, 'throttled', userName);
    return;
  }
  connection.authenticate();
  void authenticate(parts, connection, isRegistration ? parts.registrations : parts.signIns, async () => {
    if (isRegistration) await register(parts, connection, claim);
    else await signIn(parts, connection, claim, keepAliveSeconds(parts, packet));
  });
}

function judge(parts: GatewayParts, packet: Connect): Judgement {
  const { clientId, userName, password, keepAliveSeconds } = packet;
  if (clientId === '' || hasForbiddenCharacter(clientId, true))
    return { code: CONNACK.clientId, reason: 'client-id' };
  if (packet.hasWill) return { code: CONNACK.notAuthorised, reason: 'will' };
  if (userName === undefined || password === undefined)
    return { code: CONNACK.credentials, reason: 'user-name' };
  const claim = parseDeviceClaim(clientId, userName, password);
  if ('refusal' in claim)
    return claim.refusal === 'client-id'
      ? { code: CONNACK.clientId, reason: 'client-id' }
      : { code: CONNACK.credentials, reason: 'user-name' };
  const isTooShort = keepAliveSeconds > 0 && keepAliveSeconds < parts.limits.keepAliveSecondsMin;
  return isTooShort && !isRegistering(claim)
    ? { code: CONNACK.notAuthorised, reason: 'keep-alive' }
    : { claim };
}

function isRegistering({ authType }: DeviceClaim): boolean {
  return authType === 'register' || authType === 'regnwl';
}

/** Runs a sign-in when its turn comes, unless the connection has gone by then. */
async function authenticate(
  parts: GatewayParts,
  connection: Connection,
  slots: Slots,
  task: () => Promise<void>,
): Promise<void> {
  parts.admission.settle(connection);
  parts.admission.authenticationStarted();
  try {
    await slots.run(async () => {
      if (connection.state === 'authenticating') await task();
    });
  } catch (error) {
    parts.events.connectionFailed({ ...connection.subject(), error });
    if (connection.state === 'authenticating') connection.refuse(CONNACK.unavailable, 'unavailable');
    else connection.close('fault');
  } finally {
    parts.admission.authenticationEnded();
  }
}

async function signIn(
  parts: GatewayParts,
  connection: Connection,
  claim: DeviceClaim,
  keepAliveSeconds: number,
): Promise<void> {
  const result = await parts.core.signIn(claim, connection.remoteAddress);
  if (connection.state !== 'authenticating') return;
  if (result.kind !== 'ok') {
    refuseSignIn(parts, connection, claim, result);
    return;
  }
  connection.open(keepAliveSeconds);
  parts.sessions.openOwn(connection, result.device);
  connection.resume();
}

async function register(parts: GatewayParts, connection: Connection, claim: DeviceClaim): Promise<void> {
  const result = await parts.core.register(claim, connection.remoteAddress);
  if (connection.state !== 'authenticating') return;
  if (result.kind === 'ok') sendRegistration(connection, result.registration);
  else refuseSignIn(parts, connection, claim, result);
}

function refuseSignIn(
  parts: GatewayParts,
  connection: Connection,
  claim: DeviceClaim,
  result: Exclude<SignInResult, { kind: 'ok' }>,
): void {
  const userName = `${claim.deviceName}&${claim.productKey}`;
  if (result.kind === 'unavailable') {
    connection.refuse(CONNACK.unavailable, 'unavailable', userName);
    return;
  }
  parts.failedSignIns.failed(connection.remoteAddress, userName, parts.clock());
  connection.refuse(CONNACK.credentials, 'signature', userName);
}

function keepAliveSeconds(parts: GatewayParts, packet: Connect): number {
  const { keepAliveSecondsMax } = parts.limits;
  const asked = packet.keepAliveSeconds;
  return asked === 0 || asked > keepAliveSecondsMax ? keepAliveSecondsMax : asked;
}

const USER_NAME_CHARS_MAX = 128;

/** A user name as events may carry it. */
function printable(userName: string | undefined): string {
  if (userName === undefined || hasForbiddenCharacter(userName, false)) return '';
  return userName.slice(0, USER_NAME_CHARS_MAX);
}
