/**
 * What the core does for devices: the upper half of `domain/gateway-port.ts`.
 *
 * Requests are answered from memory; a content that goes into the message is read once. Reports go to the recorder. Sign-in and registration, which need
 * secrets, are in `device-sign-in.ts` and `device-registration.ts`.
 */
import { ALINK_CODE } from '@opencota/contract/alink/codes';
import {
  type ConfigFile,
  type ConfigGet,
  type ConfigPushReply,
  encodeConfigGetRefusal,
  encodeConfigGetReply,
} from '@opencota/contract/alink/messages';
import type { ConfigAnswer, DeviceCore, SignedInDevice } from '../domain/gateway-port.ts';
import type { ConfigVersion } from '../domain/version.ts';
import { createDeviceRegistration } from './device-registration.ts';
import { createDeviceSignIn } from './device-sign-in.ts';
import { createTopology } from './device-topology.ts';
import type { InlineContents } from './inline-contents.ts';
import type { LinkService } from './links.ts';
import type { Parts } from './parts.ts';
import type { CachedProduct } from './product-cache.ts';
import type { Recorder } from './recorder.ts';
import type { SessionDirectory } from './session-directory.ts';
import { createSubDeviceRegistration } from './sub-device-registration.ts';

/** `code` of a reply that could not be read: not an Alink code. */
const UNREADABLE_REPLY_CODE = -1;
const MESSAGE_ID_MAX = 4_294_967_295;

export type DeviceCoreParts = Parts & {
  links: LinkService;
  inline: InlineContents;
  recorder: Recorder;
  sessions: SessionDirectory;
};

export function createDeviceCore(parts: DeviceCoreParts): DeviceCore {
  const { clock, products, recorder, sessions } = parts;
  const signIn = createDeviceSignIn(parts);
  const registration = createDeviceRegistration(parts);
  const topology = createTopology(parts, signIn);
  const raiseFloor = createRaiseFloor(parts);
  const answer = createAnswer(parts, raiseFloor);

  const presence = (device: SignedInDevice, isOnline: boolean, remoteAddress: string) => {
    const { id: deviceId, productId, deviceName } = device;
    recorder.presence({ deviceId, productId, deviceName, isOnline, remoteAddress, at: clock.now().wallMs });
  };
  return {
    signIn: signIn.signIn,
    signInSubDevice: topology.signInSubDevice,
    register: registration.register,
    registerSubDevices: createSubDeviceRegistration(parts),
    registerByProxy: registration.registerByProxy,
    addToTopology: topology.add,
    removeFromTopology: topology.remove,
    listTopology: topology.list,
    sessionOpened(device, remoteAddress) {
      sessions.opened(device);
      presence(device, true, remoteAddress);
    },
    sessionClosed(device) {
      sessions.closed(device);
      presence(device, false, '');
    },
    requestConfig(device, request) {
      const cached = products.peek(device.productId);
      if (cached !== undefined) return answer(device, request, cached);
      return products.get(device.productId).then((loaded) => answer(device, request, loaded));
    },
    async reportReply(device, reply) {
      if (reply.kind === 'reply' && reply.configVersion !== undefined)
        await raiseFloor(device, reply.configVersion);
      await recorder.reportDurably({
        deviceId: device.id,
        productId: device.productId,
        at: clock.now().wallMs,
        kind: 'replied',
        ...readReply(reply),
      });
    },
    pushReceived(device, messageId) {
      recorder.report({
        deviceId: device.id,
        productId: device.productId,
        at: clock.now().wallMs,
        kind: 'received',
        messageId,
      });
    },
  };
}

function readReply(reply: ConfigPushReply): {
  messageId: number | null;
  code: number;
  message: string;
  version: number | null;
  sha256?: string;
} {
  if (reply.kind === 'unreadable') {
    return {
      messageId: null,
      code: UNREADABLE_REPLY_CODE,
      message: `The device sent a reply that is not JSON: ${reply.text}`,
      version: null,
    };
  }
  const id = Number(reply.id);
  const isOurs = reply.id !== '' && Number.isInteger(id) && id >= 0 && id <= MESSAGE_ID_MAX;
  // An id that we cannot have given finds nothing; -1 keeps it apart from "no id", which means "the last push".
  return {
    messageId: isOurs ? id : -1,
    code: reply.code,
    message: reply.message,
    version: reply.configVersion ?? null,
    ...(reply.sign === undefined ? {} : { sha256: reply.sign }),
  };
}

/** A device cannot push the counter further than this: a lying one must not use the numbers up. */
const VERSION_JUMP_MAX = 1_000_000;

type RaiseFloor = (device: SignedInDevice, configVersion: number) => Promise<void>;

/**
 * A device that runs more than the store knows: the store is older than the fleet (fault 37). The whole fleet says
 * so when it reconnects; one transaction does for all that say the same or less.
 */
function createRaiseFloor({ store, products, events }: DeviceCoreParts): RaiseFloor {
  const underWay = new Map<number, { version: number; done: Promise<void> }>();
  const raise = async ({ productId, productKey, deviceName }: SignedInDevice, version: number) => {
    await store.write((tx) => tx.products.raiseVersion(productId, version));
    await products.refresh(productId);
    events.versionFloorRaised({ productKey, version, deviceName });
  };
  return async (device, version) => {
    const { productId } = device;
    const cached = await products.get(productId);
    if (cached === undefined) return;
    const { versionFloor, latestVersion } = cached.product;
    if (version <= versionFloor || version <= latestVersion || version > latestVersion + VERSION_JUMP_MAX)
      return;
    const earlier = underWay.get(productId);
    if (earlier !== undefined && earlier.version >= version) return earlier.done;
    const raising = { version, done: raise(device, version) };
    underWay.set(productId, raising);
    try {
      await raising.done;
    } finally {
      if (underWay.get(productId) === raising) underWay.delete(productId);
    }
  };
}

function createAnswer(parts: DeviceCoreParts, raiseFloor: RaiseFloor) {
  const { events, inline, links, products } = parts;
  const encode = (device: SignedInDevice, id: string, outcome: Outcome, content?: string): string => {
    switch (outcome.kind) {
      case 'unsupported':
        return encodeConfigGetRefusal(
          id,
          ALINK_CODE.parameterError,
          'configScope must be "product" and getType "file".',
        );
      case 'switch-off':
        return encodeConfigGetRefusal(id, ALINK_CODE.switchOff, 'thing config function is not available');
      case 'no-config':
        return encodeConfigGetRefusal(id, ALINK_CODE.noConfig, 'no data');
      case 'ok': {
        const { version, product } = outcome;
        const url = links.create(product, { deviceId: device.id, version: version.number, deliveryId: 0 });
        return encodeConfigGetReply(id, configFile(version, device, { url, content }));
      }
      default:
        return outcome satisfies never;
    }
  };
  /** Once its content has been read. The switch may have gone off meanwhile, or a newer version been saved. */
  const encodeLate = async (
    device: SignedInDevice,
    request: ConfigGet,
    version: ConfigVersion,
    loading: Promise<string | undefined>,
  ): Promise<string> => {
    const content = await loading;
    const outcome = decide(request, await products.get(device.productId));
    const isSame = outcome.kind === 'ok' && outcome.version.number === version.number;
    return encode(device, request.id, outcome, isSame ? content : undefined);
  };
  return (
    device: SignedInDevice,
    request: ConfigGet | undefined,
    cached: CachedProduct | undefined,
  ): ConfigAnswer | Promise<ConfigAnswer> => {
    if (request === undefined) {
      events.configRequested('unreadable');
      return encodeConfigGetRefusal('', ALINK_CODE.parameterError, 'The request is not a JSON object.');
    }
    if (request.configVersion !== undefined) {
      raiseFloor(device, request.configVersion).catch((error: unknown) =>
        events.loopFailed({ loop: 'version-floor', error }),
      );
    }
    const outcome = decide(request, cached);
    events.configRequested(outcome.kind);
    if (!request.isReplyWanted) return undefined;
    if (outcome.kind !== 'ok' || !device.takesInline) return encode(device, request.id, outcome);
    const content = inline.find(outcome.version);
    if (content instanceof Promise) return encodeLate(device, request, outcome.version, content);
    return encode(device, request.id, outcome, content);
  };
}

type Outcome =
  | { kind: 'unsupported' | 'switch-off' | 'no-config' }
  | { kind: 'ok'; product: CachedProduct['product']; version: ConfigVersion };

function decide(request: ConfigGet, cached: CachedProduct | undefined): Outcome {
  if (!request.isSupported) return { kind: 'unsupported' };
  if (cached === undefined || !cached.product.isEnabled) return { kind: 'switch-off' };
  if (cached.requestable === undefined) return { kind: 'no-config' };
  return { kind: 'ok', product: cached.product, version: cached.requestable };
}

/** What a device is told of a version. `content` is for devices that take it, and only for them. */
export function configFile(
  version: Pick<ConfigVersion, 'configId' | 'bytes' | 'sha256' | 'number'>,
  { hasExtension, takesInline }: Pick<SignedInDevice, 'hasExtension' | 'takesInline'>,
  { url, content }: { url: string; content?: string | undefined },
): ConfigFile {
  return {
    configId: version.configId,
    configSize: version.bytes,
    sign: version.sha256,
    url,
    ...(hasExtension ? { configVersion: version.number } : {}),
    ...(takesInline && content !== undefined ? { content } : {}),
  };
}
