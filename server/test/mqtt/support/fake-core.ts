/** A core that keeps devices in memory, checks real signatures, and remembers what it was told. */
import { createHmac } from 'node:crypto';
import {
  connectSignContent,
  type DeviceClaim,
  registerSignContent,
  type SignMethod,
} from '@opencota/contract/alink/credentials';
import {
  type ConfigGet,
  type ConfigPushReply,
  encodeConfigGetReply,
} from '@opencota/contract/alink/messages';
import type {
  ConfigAnswer,
  DeviceCore,
  DeviceName,
  ProxyClaim,
  RegisterResult,
  SignedInDevice,
  SignInResult,
  SubDeviceClaim,
  SubDeviceSignInResult,
  TopoAddResult,
  TopoResult,
} from '../../../src/domain/gateway-port.ts';

export const PRODUCT_KEY = 'a1Product01';
export const PRODUCT_SECRET = 'product-secret';

export type KnownDevice = SignedInDevice & { deviceSecret: string };

export function hmac(method: SignMethod, secret: string, content: string): string {
  return createHmac(method.slice('hmac'.length), secret).update(content).digest('hex');
}

export class FakeCore implements DeviceCore {
  readonly devices = new Map<string, KnownDevice>();
  readonly topology = new Map<number, DeviceName[]>();
  readonly claims: DeviceClaim[] = [];
  readonly opened: SignedInDevice[] = [];
  readonly closed: SignedInDevice[] = [];
  readonly requests: { device: SignedInDevice; request: ConfigGet | undefined }[] = [];
  readonly replies: { device: SignedInDevice; reply: ConfigPushReply }[] = [];
  readonly received: { device: SignedInDevice; messageId: number }[] = [];

  addDevice(deviceName: string, options: { productKey?: string; hasExtension?: boolean } = {}): KnownDevice {
    const productKey = options.productKey ?? PRODUCT_KEY;
    const id = this.devices.size + 1;
    const device = {
      id,
      productId: 1,
      productKey,
      deviceName,
      hasExtension: options.hasExtension ?? false,
      takesInline: false,
      deviceSecret: `secret-of-${deviceName}`,
    };
    this.devices.set(`${productKey}/${deviceName}`, device);
    return device;
  }

  async signIn(claim: DeviceClaim, _remoteAddress: string): Promise<SignInResult> {
    this.claims.push(claim);
    const device = this.find(claim);
    if (device === undefined) return { kind: 'refused' };
    const timestamp = claim.parameters.get('timestamp');
    const expected =
      claim.authType === 'connwl'
        ? `token-of-${claim.deviceName}`
        : hmac(claim.signMethod, device.deviceSecret, connectSignContent({ ...claim, timestamp }));
    const isRight = claim.password.toLowerCase() === expected.toLowerCase();
    return isRight ? { kind: 'ok', device: signedIn(device) } : { kind: 'refused' };
  }

  async register(claim: DeviceClaim, _remoteAddress: string): Promise<RegisterResult> {
    this.claims.push(claim);
    const { productKey, deviceName } = claim;
    const device = this.find(claim);
    const content = registerSignContent(deviceName, productKey, claim.parameters.get('random') ?? '');
    const isRight = hmac(claim.signMethod, PRODUCT_SECRET, content) === claim.password.toLowerCase();
    if (device === undefined || !isRight) return { kind: 'refused' };
    const { deviceSecret } = device;
    if (claim.authType === 'register') {
      return {
        kind: 'ok',
        deviceId: device.id,
        registration: { kind: 'secret', productKey, deviceName, deviceSecret },
      };
    }
    const token = { clientId: 'assigned', deviceToken: `token-of-${deviceName}` };
    return {
      kind: 'ok',
      deviceId: device.id,
      registration: { kind: 'token', productKey, deviceName, ...token },
    };
  }

  async signInSubDevice(gateway: SignedInDevice, claim: SubDeviceClaim): Promise<SubDeviceSignInResult> {
    const device = this.find(claim);
    const isMember = this.topology.get(gateway.id)?.some((name) => name.deviceName === claim.deviceName);
    if (device === undefined || !hasRightSign(device, claim)) return { kind: 'refused' };
    if (!isMember) return { kind: 'outside-topology' };
    return { kind: 'ok', device: signedIn(device) };
  }

  async registerSubDevices(): ReturnType<DeviceCore['registerSubDevices']> {
    return { kind: 'ok', devices: [] };
  }

  async registerByProxy(_gateway: SignedInDevice, claim: ProxyClaim): Promise<RegisterResult> {
    const { productKey, deviceName, random, signMethod, sign } = claim;
    const device = this.find(claim);
    const content = registerSignContent(deviceName, productKey, random);
    const isRight = hmac(signMethod, PRODUCT_SECRET, content) === sign.toLowerCase();
    if (device === undefined || !isRight) return { kind: 'refused' };
    const { id, deviceSecret } = device;
    return {
      kind: 'ok',
      deviceId: id,
      registration: { kind: 'secret', productKey, deviceName, deviceSecret },
    };
  }

  async addToTopology(gateway: SignedInDevice, claims: readonly SubDeviceClaim[]): Promise<TopoAddResult> {
    for (const claim of claims) {
      const device = this.find(claim);
      if (device === undefined || !hasRightSign(device, claim)) {
        return { kind: 'refused', code: 401, message: 'request auth error' };
      }
    }
    const members = this.topology.get(gateway.id) ?? [];
    for (const { productKey, deviceName } of claims) members.push({ productKey, deviceName });
    this.topology.set(gateway.id, members);
    return { kind: 'ok', moved: [] };
  }

  async removeFromTopology(gateway: SignedInDevice, devices: readonly DeviceName[]): Promise<TopoResult> {
    const members = this.topology.get(gateway.id) ?? [];
    const names = new Set(devices.map((device) => device.deviceName));
    this.topology.set(
      gateway.id,
      members.filter((member) => !names.has(member.deviceName)),
    );
    return { kind: 'ok' };
  }

  async listTopology(gateway: SignedInDevice): Promise<DeviceName[]> {
    return this.topology.get(gateway.id) ?? [];
  }

  sessionOpened(device: SignedInDevice, _remoteAddress: string): void {
    this.opened.push(device);
  }

  sessionClosed(device: SignedInDevice): void {
    this.closed.push(device);
  }

  requestConfig(
    device: SignedInDevice,
    request: ConfigGet | undefined,
  ): ConfigAnswer | Promise<ConfigAnswer> {
    this.requests.push({ device, request });
    if (request?.isReplyWanted === false) return undefined;
    return encodeConfigGetReply(request?.id ?? '', configFile(device.deviceName));
  }

  async reportReply(device: SignedInDevice, reply: ConfigPushReply): Promise<void> {
    this.replies.push({ device, reply });
  }

  pushReceived(device: SignedInDevice, messageId: number): void {
    this.received.push({ device, messageId });
  }

  private find({ productKey, deviceName }: DeviceName): KnownDevice | undefined {
    return this.devices.get(`${productKey}/${deviceName}`);
  }
}

export function configFile(name: string) {
  return {
    configId: `config-of-${name}`,
    configSize: 79,
    sign: 'a'.repeat(64),
    url: `http://127.0.0.1/${name}`,
  };
}

/** A sub-device's proof as it goes over the wire. */
export function subDeviceProof(device: KnownDevice, signMethod: SignMethod = 'hmacsha256') {
  const { productKey, deviceName } = device;
  const clientId = `${productKey}.${deviceName}`;
  const timestamp = '2524608000000';
  const content = connectSignContent({ clientId, deviceName, productKey, timestamp });
  return {
    productKey,
    deviceName,
    clientId,
    timestamp,
    signMethod,
    sign: hmac(signMethod, device.deviceSecret, content),
  };
}

function hasRightSign(device: KnownDevice, claim: SubDeviceClaim): boolean {
  return hmac(claim.signMethod, device.deviceSecret, connectSignContent(claim)) === claim.sign.toLowerCase();
}

function signedIn({ deviceSecret: _secret, ...device }: KnownDevice): SignedInDevice {
  return device;
}
