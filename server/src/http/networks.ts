/** Addresses that settings name, and what may be believed of them. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Of addresses and networks such as 10.0.0.0/8; `readConfig` has checked them. */
export function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** What is known of whoever sent a request through proxies. */
export type Sender = { remoteAddress: string; isEncrypted: boolean };

/** Whether a device's request came over TLS: a proxy that is trusted ended it, and says so. */
export function isEncryptedBy(proxies: BlockList, request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? '';
  const said = request.headers['x-forwarded-proto'];
  if (isIP(address) === 0 || typeof said !== 'string' || !proxies.check(address, familyOf(address)))
    return false;
  // The last entry is the trusted proxy's own; the others are what it was told.
  return said.split(',').at(-1)!.trim().toLowerCase() === 'https';
}

/** Who sent a device's request: the nearest address that is not a trusted proxy's own. */
export function senderOf(proxies: BlockList, request: IncomingMessage): string {
  const said = request.headers['x-forwarded-for'];
  const hops = typeof said === 'string' ? said.split(',').map((hop) => hop.trim()) : [];
  let address = request.socket.remoteAddress ?? '';
  while (isIP(address) !== 0 && proxies.check(address, familyOf(address))) {
    const hop = hops.pop();
    if (hop === undefined || isIP(hop) === 0) break;
    address = hop;
  }
  return address;
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
