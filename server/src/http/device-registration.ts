/**
 * `POST /auth/register/device`: dynamic registration over HTTP (`alink.md` 3.5), on bare node:http for the
 * same reasons as downloads.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseSignMethod } from '@opencota/contract/alink/credentials';
import type { DeviceRegistration } from '../service/device-registration.ts';
import {
  REGISTRATION_ADDRESSES_MAX,
  REGISTRATION_BODY_MS,
  REGISTRATION_BYTES_MAX,
  REGISTRATION_FAILURES_PER_MINUTE,
} from './limits.ts';

export const REGISTRATION_PATH = '/auth/register/device';
/** Alink's own codes of this call. */
const CODE = { ok: 200, plain: 400, wrongSign: 6288, unreadable: 460, unavailable: 500 } as const;
const MINUTE_MS = 60_000;

type RegistrationRules = {
  /** Whether a secret may be handed out in the answer to this request. */
  mayRegister(request: IncomingMessage): boolean;
  /** Whose failures are counted. */
  senderOf(request: IncomingMessage): string;
};

export function createRegistrationEndpoint(
  registration: DeviceRegistration,
  onError: (error: unknown) => void,
  { mayRegister, senderOf }: RegistrationRules,
) {
  const failures = createFailureTable();
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const address = senderOf(request);
      if (failures.isOver(address)) return send(response, { code: 429, message: 'too many requests' });
      if (!mayRegister(request))
        return send(response, { code: CODE.plain, message: 'registration needs TLS' });
      const form = request.method === 'POST' ? await readForm(request) : undefined;
      const claim = form && readClaim(form);
      if (claim === undefined) {
        failures.count(address);
        return send(response, { code: CODE.unreadable, message: 'request parameter error' });
      }
      const result = await registration.registerWith({ ...claim, wants: 'secret' }, address);
      if (result.kind === 'unavailable')
        return send(response, { code: CODE.unavailable, message: 'not available now' });
      if (result.kind === 'refused' || result.registration.kind !== 'secret') {
        failures.count(address);
        return send(response, { code: CODE.wrongSign, message: 'registration refused' });
      }
      const { productKey, deviceName, deviceSecret } = result.registration;
      return send(response, {
        code: CODE.ok,
        data: { productKey, deviceName, deviceSecret },
        message: 'success',
      });
    } catch (error) {
      onError(error);
      send(response, { code: CODE.unavailable, message: 'not available now' });
    }
  };
}

/** Counts what failed, by address: a stranger uses up his own tries and nobody else's. */
function createFailureTable() {
  const table = new Map<string, { count: number; endsAt: number }>();
  const find = (address: string) => {
    const entry = table.get(address);
    return entry !== undefined && entry.endsAt > performance.now() ? entry : undefined;
  };
  return {
    isOver: (address: string) => (find(address)?.count ?? 0) >= REGISTRATION_FAILURES_PER_MINUTE,
    count(address: string): void {
      const entry = find(address) ?? { count: 0, endsAt: performance.now() + MINUTE_MS };
      entry.count += 1;
      table.delete(address);
      table.set(address, entry);
      if (table.size > REGISTRATION_ADDRESSES_MAX) table.delete(table.keys().next().value!);
    },
  };
}

/** Undefined: too long, too slow, or broken off. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => request.destroy(), REGISTRATION_BODY_MS);
  try {
    for await (const chunk of request) {
      // A request without an encoding gives buffers.
      chunks.push(chunk as Buffer);
      bytes += chunks.at(-1)!.length;
      if (bytes > REGISTRATION_BYTES_MAX) return undefined;
    }
  } finally {
    clearTimeout(timer);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

function readClaim(form: URLSearchParams) {
  const read = (name: string) => form.get(name) ?? '';
  const signMethod = parseSignMethod(read('signMethod') || 'hmacmd5');
  const claim = {
    productKey: read('productKey'),
    deviceName: read('deviceName'),
    random: read('random'),
    sign: read('sign'),
  };
  if (signMethod === undefined || Object.values(claim).includes('')) return undefined;
  return { ...claim, signMethod };
}

function send(response: ServerResponse, answer: Record<string, unknown>): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(JSON.stringify(answer));
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.end(body);
}
