/** HMAC by hand: the RFC's own vectors, and the same as `createHmac` whatever the key and text. */
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createHmacSigner, type HmacAlgorithm, hmac } from '../../src/service/hmac.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const filled = (count: number, byte: number) => Buffer.alloc(count, byte);

/** RFC 4231, sections 4.2 to 4.8 (4.6 is a truncated digest). */
const VECTORS: readonly { key: Buffer; content: Buffer; sha256: string }[] = [
  {
    key: filled(20, 0x0b),
    content: Buffer.from('Hi There'),
    sha256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    key: Buffer.from('Jefe'),
    content: Buffer.from('what do ya want for nothing?'),
    sha256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  {
    key: filled(20, 0xaa),
    content: filled(50, 0xdd),
    sha256: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  },
  {
    key: hex('0102030405060708090a0b0c0d0e0f10111213141516171819'),
    content: filled(50, 0xcd),
    sha256: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  },
  {
    key: filled(131, 0xaa),
    content: Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
    sha256: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  },
  {
    key: filled(131, 0xaa),
    content: Buffer.from(
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    sha256: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  },
];

test('the vectors of RFC 4231 come out', () => {
  for (const { key, content, sha256 } of VECTORS)
    assert.equal(Buffer.from(createHmacSigner('sha256', key)(content)).toString('hex'), sha256);
});

test('any key and text give what createHmac gives, with every algorithm', () => {
  for (const algorithm of ['md5', 'sha1', 'sha256'] satisfies HmacAlgorithm[]) {
    for (const keyBytes of [0, 1, 32, 63, 64, 65, 200]) {
      const key = randomBytes(keyBytes);
      const sign = createHmacSigner(algorithm, key);
      for (const contentBytes of [0, 1, 35, 64, 1_000]) {
        const content = randomBytes(contentBytes);
        const expected = createHmac(algorithm, key).update(content).digest('hex');
        const named = `${algorithm}, key ${key.toString('hex')}, text ${content.toString('hex')}`;
        assert.equal(Buffer.from(sign(content)).toString('hex'), expected, named);
      }
    }
  }
});

test('a key and a text outside ASCII are taken as UTF-8', () => {
  const expected = createHmac('sha256', 'Schlüssel').update('温度').digest('hex');
  assert.equal(Buffer.from(hmac('sha256', 'Schlüssel', '温度')).toString('hex'), expected);
});
