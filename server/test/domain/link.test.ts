/** Download links: nothing but the very link that was handed out opens anything. */
import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { expiryAfter } from '../../src/domain/clock.ts';
import { LINK_LIFETIME_MS } from '../../src/domain/limits.ts';
import {
  decodeLink,
  encodeLink,
  judgeLink,
  type LinkClaims,
  type LinkSigner,
} from '../../src/domain/link.ts';

const TOKEN_CHARS = 68;
const NOW = { wallMs: 1_800_000_000_123, serviceMs: 86_400_007 };
const CLAIMS: LinkClaims = {
  productId: 7,
  deviceId: 123_456,
  version: 3,
  deliveryId: 99,
  linkEpoch: 2,
  expiry: expiryAfter(NOW, LINK_LIFETIME_MS),
};
const PRODUCT = { isEnabled: true, linkEpoch: 2 };

function signerOf(key: string): LinkSigner {
  return {
    mac: (claims) => createHmac('sha256', key).update(claims).digest(),
    isEqual: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  };
}

const signer = signerOf('key');
const claims: fc.Arbitrary<LinkClaims> = fc.record({
  productId: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  deviceId: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
  version: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  deliveryId: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  linkEpoch: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  expiry: fc.record({
    wallMs: fc.integer({ min: 0, max: 2 ** 49 }),
    serviceMs: fc.integer({ min: 0, max: 2 ** 49 }),
  }),
});

test('a link is 68 characters that need no escaping, and gives back what it was made of', () => {
  fc.assert(
    fc.property(claims, (given) => {
      const token = encodeLink(given, signer);
      assert.match(token, /^[A-Za-z0-9_-]{68}$/);
      const { expiry, ...others } = decodeLink(token, signer)!;
      assert.deepEqual({ ...others, expiry: given.expiry }, { ...given });
      for (const clock of ['wallMs', 'serviceMs'] as const) {
        const longer = expiry[clock] - given.expiry[clock];
        assert.ok(longer >= 0 && longer < 1_000, 'rounded up to the second');
      }
    }),
  );
});

test('a link with any one bit flipped is refused', () => {
  const bytes = Buffer.from(encodeLink(CLAIMS, signer), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(decodeLink(flipped.toString('base64url'), signer), undefined, `bit ${bit}`);
  }
});

test('a link with any one character replaced, left out or added is refused', () => {
  const token = encodeLink(CLAIMS, signer);
  for (let index = 0; index < TOKEN_CHARS; index += 1) {
    const [before, after] = [token.slice(0, index), token.slice(index + 1)];
    for (const char of ['A', 'z', '0', '-', '_', '=', ' ', '.', '\u{1F600}', '%'])
      if (char !== token[index]) assert.equal(decodeLink(before + char + after, signer), undefined);
    assert.equal(decodeLink(before + after, signer), undefined);
    assert.equal(decodeLink(`${before}A${token.slice(index)}`, signer), undefined);
  }
});

test('the same bytes in another spelling are refused: one link, one address', () => {
  let spellings = 0;
  for (let deliveryId = 0; deliveryId < 50; deliveryId += 1) {
    const token = encodeLink({ ...CLAIMS, deliveryId }, signer);
    const other = token.replaceAll('-', '+').replaceAll('_', '/');
    if (other === token) continue;
    spellings += 1;
    assert.deepEqual(Buffer.from(other, 'base64url'), Buffer.from(token, 'base64url'));
    assert.equal(decodeLink(other, signer), undefined);
  }
  assert.ok(spellings > 0);
});

test('any other text is refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ minLength: 68, maxLength: 68 })), (text) => {
      assert.equal(decodeLink(text, signer), undefined);
    }),
  );
  assert.equal(decodeLink('', signer), undefined);
  assert.equal(decodeLink('A'.repeat(TOKEN_CHARS), signer), undefined);
});

test('a link signed with another key is refused', () => {
  assert.equal(decodeLink(encodeLink(CLAIMS, signerOf('other')), signer), undefined);
});

test('a link of another format is refused, even with a good signature', () => {
  const bytes = Buffer.from(encodeLink(CLAIMS, signer), 'base64url');
  bytes[0] = 2;
  bytes.set(signer.mac(bytes.subarray(0, 35)).subarray(0, 16), 35);
  assert.equal(decodeLink(bytes.toString('base64url'), signer), undefined);
});

test('a link opens for half an hour and dies by whichever clock gets there first', () => {
  const handedOut = decodeLink(encodeLink(CLAIMS, signer), signer)!;
  const judge = (wallMs: number, serviceMs: number) =>
    judgeLink(handedOut, PRODUCT, false, {
      wallMs: NOW.wallMs + wallMs,
      serviceMs: NOW.serviceMs + serviceMs,
    });
  const over = LINK_LIFETIME_MS + 1_000;
  assert.equal(judge(0, 0), 'ok');
  assert.equal(judge(LINK_LIFETIME_MS - 1, LINK_LIFETIME_MS - 1), 'ok');
  assert.equal(judge(over, 0), 'link-expired');
  assert.equal(judge(0, over), 'link-expired');
  assert.equal(judge(-7_200_000, over), 'link-expired', 'a wall clock set back does not help');
});

test('a link dies at once with the switch, with its epoch for good, with its device, with its product', () => {
  const judge = (product: typeof PRODUCT | undefined, isDeviceRevoked = false) =>
    judgeLink(CLAIMS, product, isDeviceRevoked, NOW);
  assert.equal(judge(PRODUCT), 'ok');
  assert.equal(judge({ isEnabled: false, linkEpoch: 2 }), 'link-revoked');
  assert.equal(judge({ isEnabled: true, linkEpoch: 3 }), 'link-revoked');
  assert.equal(judge({ isEnabled: true, linkEpoch: 1 }), 'link-revoked');
  assert.equal(judge(PRODUCT, true), 'link-revoked');
  assert.equal(judge(undefined), 'link-revoked');
});

test('a link that is both revoked and expired is called revoked', () => {
  const late = { wallMs: NOW.wallMs + LINK_LIFETIME_MS, serviceMs: NOW.serviceMs };
  assert.equal(judgeLink(CLAIMS, { isEnabled: false, linkEpoch: 2 }, false, late), 'link-revoked');
});
