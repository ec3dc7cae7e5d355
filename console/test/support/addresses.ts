/** Every address of the console, for tests that visit them all; no page twice in a row. */
import type { LivelyFleet } from './lively-fleet.ts';

/** Where somebody is who has not signed in. */
export const ENTRY_ADDRESSES = ['/sign-in', '/first-password'];

export function addressesOf({ productKey, rolloutId, devices }: LivelyFleet): string[] {
  const product = `/products/${productKey}`;
  return [
    '/account',
    '/sign-in-code',
    '/',
    '/users',
    '/tokens',
    '/audit',
    '/settings',
    product,
    `${product}/config`,
    `${product}/versions`,
    `${product}/versions/3`,
    `${product}/versions/compare?from=1&to=3`,
    `${product}/versions/4/push`,
    `${product}/rollouts`,
    `${product}/rollouts/${rolloutId}`,
    `${product}/devices`,
    `${product}/devices/${devices.failed}`,
    `${product}/import-devices`,
    `${product}/try`,
    `${product}/settings`,
    '/nowhere',
  ];
}
