/**
 * Which addresses a provider's endpoint may have.
 *
 * An endpoint is a setting, and a wrong or foreign one must not turn the server into a way of talking
 * to itself or to the metadata service of the cloud it runs in. The check is made on the address that
 * is really connected to, in the lookup of the connection itself, so that a name which resolves
 * differently the second time gains nothing.
 */
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** The code of the error that a guarded lookup gives for a local address. */
export const LOCAL_ADDRESS_CODE = 'ELOCALADDRESS';

const localAddresses = new BlockList();
localAddresses.addSubnet('0.0.0.0', 8, 'ipv4');
localAddresses.addSubnet('127.0.0.0', 8, 'ipv4');
// Link-local, and in it the metadata address of most clouds.
localAddresses.addSubnet('169.254.0.0', 16, 'ipv4');
// The metadata addresses of Alibaba Cloud, and of AWS over IPv6, lie outside the link-local range.
localAddresses.addAddress('100.100.100.200', 'ipv4');
localAddresses.addAddress('fd00:ec2::254', 'ipv6');
localAddresses.addAddress('::', 'ipv6');
localAddresses.addAddress('::1', 'ipv6');
localAddresses.addSubnet('fe80::', 10, 'ipv6');

/**
 * Reads the address of a provider. Without `allowLocal` it has to be https, since the code and the
 * credentials travel to it. Throws an `Error` that never repeats the address, which may hold a password.
 */
export function parseEndpoint(text: string, options: { name: string; allowLocal: boolean }): URL {
  const url = URL.parse(text);
  if (url === null) throw new Error(`The ${options.name} is not a URL.`);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error(`The ${options.name} must begin with https://.`);
  }
  if (url.protocol === 'http:' && !options.allowLocal) {
    throw new Error(`The ${options.name} must begin with https:// unless local endpoints are allowed.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`The ${options.name} must not contain a user name or a password.`);
  }
  const host = bareHost(url);
  if (!options.allowLocal && (host === 'localhost' || isLocalAddress(host))) {
    throw new Error(
      `The ${options.name} points to this machine or link, and local endpoints are not allowed.`,
    );
  }
  return url;
}

/** Whether an IP address belongs to this machine, to its link or to a cloud's metadata service. */
export function isLocalAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return localAddresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** A lookup for one connection that fails when the name resolves to any local address. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, options, (error, address, family) => {
    if (error !== null) return callback(error, address, family);
    const found = typeof address === 'string' ? [address] : address.map((entry) => entry.address);
    if (!found.some(isLocalAddress)) return callback(null, address, family);
    callback(
      Object.assign(new Error('The name resolves to a local address.'), { code: LOCAL_ADDRESS_CODE }),
      [],
    );
  });
};

/** The host without the brackets that a URL puts around an IPv6 address. */
export function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}
