/**
 * `thing/proxy/provisioning/product_register`: a gateway passes on the dynamic registration of sub-devices, each
 * signed with its product's secret (`alink.md` 3.5, 3.6).
 *
 * Each is decided by itself, as if it had connected to register, and slowed down in the same way. The reply names
 * who got a secret and who did not, and of a refusal no more than that.
 */
import { ALINK_CODE } from '@opencota/contract/alink/codes';
import { parseSignMethod } from '@opencota/contract/alink/credentials';
import type { DeviceName, ProxyClaim, RegisterResult, SubDeviceSecret } from '../domain/gateway-port.ts';
import type { GatewayParts } from './parts.ts';
import {
  type AlinkOutcome,
  answerRequest,
  claimText,
  isRecord,
  isSameDevice,
  parameterError,
  parseDeviceName,
  parseList,
  plainRefusal,
  success,
} from './request.ts';
import type { Uplink } from './uplink.ts';

/** C sends `hmacSha256` with each; where nothing is said, Alink means MD5. */
const SIGN_METHOD_DEFAULT = 'hmacmd5';

type Failure = DeviceName & { code: number; message: string };

export function registerByProxy(parts: GatewayParts, uplink: Uplink): Promise<void> {
  return answerRequest(uplink, async (params): Promise<AlinkOutcome> => {
    if (!parts.mayRegister(uplink.connection)) return plainRefusal();
    const claims = isRecord(params) ? readClaims(parts, params.proxieds) : undefined;
    const gateway = uplink.session.device;
    if (claims === undefined || claims.some((claim) => isSameDevice(claim, gateway))) return parameterError();
    const successes: (Omit<SubDeviceSecret, 'id'> & { iotId: string })[] = [];
    const failures: Failure[] = [];
    for (const claim of claims) {
      const { productKey, deviceName } = claim;
      const result = await registerOne(parts, uplink, claim);
      if ('code' in result) failures.push({ productKey, deviceName, ...result });
      else
        successes.push({
          iotId: String(result.id),
          productKey,
          deviceName,
          deviceSecret: result.deviceSecret,
        });
    }
    return success({ successes, failures });
  });
}

function readClaims(parts: GatewayParts, value: unknown): ProxyClaim[] | undefined {
  const claims = parseList(value, parts.limits.devicesPerTopoRequestMax, parseProxyClaim);
  // Of two secrets for one device the first would be dead on arrival.
  const names = new Set(claims?.map(({ productKey, deviceName }) => `${productKey}/${deviceName}`));
  return names.size === claims?.length ? claims : undefined;
}

function parseProxyClaim(value: unknown): ProxyClaim | undefined {
  const name = parseDeviceName(value);
  if (name === undefined || !isRecord(value)) return undefined;
  const spelling = value.signMethod ?? value.signmethod ?? SIGN_METHOD_DEFAULT;
  const signMethod = typeof spelling === 'string' ? parseSignMethod(spelling) : undefined;
  const random = claimText(value.random);
  const sign = claimText(value.sign);
  if (signMethod === undefined || random === undefined || sign === undefined) return undefined;
  return { ...name, random, signMethod, sign };
}

async function registerOne(
  { core, failedSignIns, clock, events }: GatewayParts,
  { connection, session }: Uplink,
  claim: ProxyClaim,
): Promise<{ id: number; deviceSecret: string } | { code: number; message: string }> {
  const { remoteAddress } = connection;
  const userName = `${claim.deviceName}&${claim.productKey}`;
  const limit = failedSignIns.findLimit(remoteAddress, userName, clock());
  if (limit !== undefined) {
    events.limitReached({ ...connection.subject(), limit });
    return { code: ALINK_CODE.tooManyRequests, message: 'too many requests' };
  }
  const result: RegisterResult = await core.registerByProxy(session.device, claim, remoteAddress);
  if (result.kind === 'unavailable') return { code: ALINK_CODE.serverError, message: 'server error' };
  if (result.kind === 'refused' || result.registration.kind !== 'secret') {
    failedSignIns.failed(remoteAddress, userName, clock());
    return { code: ALINK_CODE.invalidSign, message: 'registration refused' };
  }
  return { id: result.deviceId, deviceSecret: result.registration.deviceSecret };
}
