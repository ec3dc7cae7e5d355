/**
 * The Alink topics OpenCOTA takes part in (`alink.md` 1.1, 3.5, 3.6).
 *
 * A topic names its device: `/sys/{productKey}/{deviceName}/…`. The four config topics are matched
 * exactly, never by prefix, because `thing/config/log/*` is another feature with another meaning.
 */

/** `productKey`: 1–64 characters. Alibaba's are 11; a longer grammar lets an operator bring any key. */
export const PRODUCT_KEY_PATTERN = /^[A-Za-z0-9]{1,64}$/;
/** `deviceName`: 4–32 characters of `A-Za-z0-9-_@.:` (R2). */
export const DEVICE_NAME_PATTERN = /^[A-Za-z0-9\-_@.:]{4,32}$/;

/** What a device publishes that the server acts on. */
export type UplinkKind =
  | 'config-get'
  | 'config-push-reply'
  | 'ota-progress'
  | 'topo-add'
  | 'topo-delete'
  | 'topo-get'
  | 'topo-register'
  | 'topo-proxy-register'
  | 'combine-login'
  | 'combine-batch-login'
  | 'combine-logout'
  | 'combine-batch-logout';

/** An uplink topic taken apart: which device it names and what it says. */
export type UplinkTopic = { kind: UplinkKind; productKey: string; deviceName: string };

const SYS_UPLINKS: Readonly<Record<string, UplinkKind>> = {
  'thing/config/get': 'config-get',
  'thing/config/push_reply': 'config-push-reply',
  'thing/topo/add': 'topo-add',
  'thing/topo/delete': 'topo-delete',
  'thing/topo/get': 'topo-get',
  'thing/sub/register': 'topo-register',
  'thing/proxy/provisioning/product_register': 'topo-proxy-register',
};

const SESSION_UPLINKS: Readonly<Record<string, UplinkKind>> = {
  'combine/login': 'combine-login',
  'combine/batch_login': 'combine-batch-login',
  'combine/logout': 'combine-logout',
  'combine/batch_logout': 'combine-batch-logout',
};

const OTA_PROGRESS_PREFIX = '/ota/device/progress/';

/**
 * Takes an uplink topic apart.
 *
 * @returns undefined for a topic that carries nothing for us (thing model, NTP, shadow …): a Link SDK
 * publishes those too, and they are accepted and ignored (`alink.md` 7.6).
 */
export function parseUplinkTopic(topic: string): UplinkTopic | undefined {
  if (topic.startsWith('/sys/')) return matchNamed(topic, 5, SYS_UPLINKS);
  if (topic.startsWith('/ext/session/')) return matchNamed(topic, 13, SESSION_UPLINKS);
  if (topic.startsWith(OTA_PROGRESS_PREFIX)) {
    const [productKey, deviceName, ...rest] = topic.slice(OTA_PROGRESS_PREFIX.length).split('/');
    if (!productKey || !deviceName || rest.length > 0) return undefined;
    return { kind: 'ota-progress', productKey, deviceName };
  }
  return undefined;
}

function matchNamed(
  topic: string,
  start: number,
  kinds: Readonly<Record<string, UplinkKind>>,
): UplinkTopic | undefined {
  const keyEnd = topic.indexOf('/', start);
  const nameEnd = topic.indexOf('/', keyEnd + 1);
  if (keyEnd < 0 || nameEnd < 0) return undefined;
  const suffix = topic.slice(nameEnd + 1);
  if (!Object.hasOwn(kinds, suffix)) return undefined;
  return {
    kind: kinds[suffix]!,
    productKey: topic.slice(start, keyEnd),
    deviceName: topic.slice(keyEnd + 1, nameEnd),
  };
}

/** The topics the server publishes on. Each takes the device the message is for. */
export const downlinkTopic = {
  configPush: (pk: string, dn: string) => `/sys/${pk}/${dn}/thing/config/push`,
  configGetReply: (pk: string, dn: string) => `/sys/${pk}/${dn}/thing/config/get_reply`,
  topoChange: (pk: string, dn: string) => `/sys/${pk}/${dn}/thing/topo/change`,
  /** The reply to any request topic of the topo and combine groups is `<request topic>_reply`. */
  replyTo: (requestTopic: string) => `${requestTopic}_reply`,
  register: '/ext/register',
  regnwl: '/ext/regnwl',
} as const;

/** The topics a device of ours publishes on; used by the SDK's tests and the simulator. */
export const deviceTopic = {
  configGet: (pk: string, dn: string) => `/sys/${pk}/${dn}/thing/config/get`,
  configPushReply: (pk: string, dn: string) => `/sys/${pk}/${dn}/thing/config/push_reply`,
} as const;
