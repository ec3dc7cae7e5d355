/**
 * Links: hand out, check, serve the bytes (R17). No store access but for what memory does not hold yet.
 */
import { timingSafeEqual } from 'node:crypto';
import { type Clock, expiryAfter } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import { LINK_CHARS_MAX, LINK_LIFETIME_MS } from '../domain/limits.ts';
import { decodeLink, encodeLink, judgeLink, type LinkClaims, type LinkSigner } from '../domain/link.ts';
import type { Product } from '../domain/product.ts';
import type { Sealer } from '../domain/sealer.ts';
import type { Store } from '../domain/store-port.ts';
import type { Events } from '../observe/events.ts';
import type { ContentCache } from './content-cache.ts';
import { createHmacSigner } from './hmac.ts';
import type { ProductCache } from './product-cache.ts';
import type { Recorder } from './recorder.ts';
import type { RevokedDevices } from './revoked-devices.ts';

export const LINK_PATH = '/d/';

export type OpenedLink = { claims: LinkClaims; content: Uint8Array };

export interface LinkService {
  /** The address for one device and version, at most 254 characters. */
  create(product: Product, link: { deviceId: number; version: number; deliveryId: number }): string;
  /** Throws `link-invalid`, `link-expired` or `link-revoked`. */
  open(token: string): OpenedLink | Promise<OpenedLink>;
  /** The device has fetched the file to its end. */
  fetched(claims: LinkClaims): void;
}

export type LinkParts = {
  store: Store;
  clock: Clock;
  sealer: Sealer;
  products: ProductCache;
  contents: ContentCache;
  revoked: RevokedDevices;
  recorder: Recorder;
  events: Events;
  /** Known when the HTTP port is. */
  publicUrl(): string;
};

const REFUSALS = {
  'link-invalid': 'This download link is not genuine.',
  'link-expired': 'This download link has expired. Ask for the configuration again to get a new one.',
  'link-revoked':
    'This download link does not open any more: the switch was turned off, or the device was disabled.',
} as const;

export function createLinkService(parts: LinkParts): LinkService {
  const { store, clock, sealer, products, contents, revoked, recorder, events, publicUrl } = parts;
  const signer: LinkSigner = {
    mac: createHmacSigner('sha256', sealer.derive('links')),
    isEqual: (a, b) => timingSafeEqual(a, b),
  };
  const startedMs = clock.now().serviceMs;

  const refuse = (code: keyof typeof REFUSALS): never => {
    events.linkRefused(code);
    throw new DomainError(code, REFUSALS[code]);
  };
  const finish = (
    claims: LinkClaims,
    product: Product | undefined,
    isDeviceRevoked: boolean,
    content: Uint8Array | undefined,
  ): OpenedLink => {
    const verdict = judgeLink(claims, product, isDeviceRevoked, clock.now());
    if (verdict !== 'ok') return refuse(verdict);
    return content === undefined ? refuse('link-revoked') : { claims, content };
  };
  const isRevokedHere = ({ deviceId, expiry }: LinkClaims) => revoked.has(deviceId, expiry.serviceMs);
  const openFromStore = async (claims: LinkClaims): Promise<OpenedLink> => {
    const cached = await products.get(claims.productId);
    const device = await store.read((tx) => tx.devices.findById(claims.deviceId));
    const isRevoked = device?.isEnabled !== true || isRevokedHere(claims);
    return finish(claims, cached?.product, isRevoked, await contents.get(claims.productId, claims.version));
  };
  return {
    create(product, { deviceId, version, deliveryId }) {
      const expiry = expiryAfter(clock.now(), LINK_LIFETIME_MS);
      const token = encodeLink(
        { productId: product.id, deviceId, version, deliveryId, linkEpoch: product.linkEpoch, expiry },
        signer,
      );
      const url = `${publicUrl()}${LINK_PATH}${token}`;
      if (url.length > LINK_CHARS_MAX)
        throw new Error(
          `A link of ${url.length} characters would crash devices; shorten OPENCOTA_PUBLIC_URL.`,
        );
      return url;
    },
    open(token) {
      const claims = decodeLink(token, signer);
      if (claims === undefined) return refuse('link-invalid');
      const cached = products.peek(claims.productId);
      const content = contents.peek(claims.productId, claims.version);
      // A link from before this start: what was revoked since is not in memory.
      const isOlderThanStart = claims.expiry.serviceMs - LINK_LIFETIME_MS < startedMs + 1000;
      if (cached === undefined || content === undefined || isOlderThanStart) return openFromStore(claims);
      return finish(claims, cached.product, isRevokedHere(claims), content);
    },
    fetched({ deviceId, productId, version, deliveryId }) {
      events.downloaded();
      recorder.report({
        kind: 'downloaded',
        deviceId,
        productId,
        version,
        deliveryId,
        at: clock.now().wallMs,
      });
    },
  };
}
