/**
 * Which topics are a device's own, and which of those are the server's to speak on.
 *
 * Every Alink topic names its device at a place that depends on its family. A topic or filter is
 * allowed when that place holds the name of a device with a session on the connection; a wildcard
 * may stand only behind it. Everything else (`#`, `+/…`, `$SYS`, `$share`, other devices) is not.
 */
import type { DeviceName } from '../domain/gateway-port.ts';
import { filterMatches } from './topic-grammar.ts';

/** Index of the level that holds the productKey, by the family a topic belongs to. */
const KEY_LEVEL: Readonly<Record<string, number>> = { sys: 2, ext: 3, shadow: 3, ota: 4 };
/** `/{productKey}/{deviceName}/user/…`, the user-defined topics. */
const KEY_LEVEL_CUSTOM = 1;

/** The device a topic or filter names, as it stands there. A wildcard equals no device's name. */
export function namedDevice(topic: string): DeviceName | undefined {
  const levels = topic.split('/');
  const family = levels[1];
  if (levels[0] !== '' || family === undefined) return undefined;
  const at = Object.hasOwn(KEY_LEVEL, family) ? KEY_LEVEL[family]! : KEY_LEVEL_CUSTOM;
  if (levels.slice(0, at).some((level) => level === '+' || level === '#')) return undefined;
  const productKey = levels[at];
  const deviceName = levels[at + 1];
  if (!productKey || !deviceName) return undefined;
  return { productKey, deviceName };
}

/** What the server publishes on to a device, each with a bit for `Session.unsubscribedTopics`. */
const DOWNLINKS: readonly { prefix: '/sys' | '/ext/session'; suffix: string; bit: number }[] = [
  { prefix: '/sys', suffix: 'thing/config/push', bit: 1 },
  { prefix: '/sys', suffix: 'thing/config/get_reply', bit: 2 },
  { prefix: '/sys', suffix: 'thing/topo/add_reply', bit: 4 },
  { prefix: '/sys', suffix: 'thing/topo/delete_reply', bit: 8 },
  { prefix: '/sys', suffix: 'thing/topo/get_reply', bit: 16 },
  { prefix: '/ext/session', suffix: 'combine/login_reply', bit: 32 },
  { prefix: '/ext/session', suffix: 'combine/logout_reply', bit: 64 },
  { prefix: '/ext/session', suffix: 'combine/batch_login_reply', bit: 128 },
  { prefix: '/ext/session', suffix: 'combine/batch_logout_reply', bit: 256 },
  { prefix: '/sys', suffix: 'thing/sub/register_reply', bit: 512 },
  { prefix: '/sys', suffix: 'thing/proxy/provisioning/product_register_reply', bit: 1024 },
  { prefix: '/sys', suffix: 'thing/topo/change', bit: 2048 },
];

export const CONFIG_PUSH_BIT = 1;

/**
 * The bit of a downlink topic of this device, or 0 for any other topic. Publishing on one of them
 * is refused, and unsubscribing from one stops it.
 */
export function downlinkBit(topic: string, device: DeviceName): number {
  const downlink = DOWNLINKS.find((candidate) => topicOf(candidate, device) === topic);
  return downlink?.bit ?? 0;
}

/** The bits of all downlink topics a filter covers. */
export function downlinkBitsCovered(filter: string, device: DeviceName): number {
  let bits = 0;
  for (const downlink of DOWNLINKS)
    if (filterMatches(filter, topicOf(downlink, device))) bits |= downlink.bit;
  return bits;
}

function topicOf(downlink: { prefix: string; suffix: string }, device: DeviceName): string {
  return `${downlink.prefix}/${device.productKey}/${device.deviceName}/${downlink.suffix}`;
}
