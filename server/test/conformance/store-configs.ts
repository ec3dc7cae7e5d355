import assert from 'node:assert/strict';
import type { Store } from '../../src/domain/store-port.ts';
import { createProduct, findProduct, readPages, type StoreTests, saveVersion } from './store-bench.ts';

const TEXT = Buffer.from('{\n\t"big": 12345678901234567890, "one": 1.0, "温度": null }\r\n');
/** No text in any encoding: a zero byte, a lone continuation, an overlong form, a lone surrogate. */
const BYTES = Buffer.from([0x00, 0x80, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xff, 0x22, 0x27, 0x0a]);

type Revised = { content: Uint8Array | null; revision: number; updatedAt: number; updatedBy: string };
type Revisions = {
  find(store: Store, productId: number): Promise<Revised | undefined>;
  put(store: Store, productId: number, content: Uint8Array, ifRevision: number): Promise<Revised | undefined>;
};

const DRAFTS: Revisions = {
  find: (store, productId) => store.read((tx) => tx.configs.findDraft(productId)),
  put: (store, productId, content, ifRevision) =>
    store.write((tx) => tx.configs.putDraft(productId, content, ifRevision, 'ann', 11)),
};

const SCHEMAS: Revisions = {
  find: (store, productId) => store.read((tx) => tx.configs.findSchema(productId)),
  put: (store, productId, content, ifRevision) =>
    store.write((tx) => tx.configs.putSchema(productId, content, ifRevision, 'ann', 11)),
};

export const configTests: StoreTests = {
  ...revisionTests('draft', DRAFTS),
  ...revisionTests('schema', SCHEMAS),

  'a removed schema keeps its revision, so that an older editor is still refused': async (store) => {
    const product = await createProduct(store);
    const put = (content: Uint8Array | null, ifRevision: number) =>
      store.write((tx) => tx.configs.putSchema(product.id, content, ifRevision, 'ann', 1));
    await put(TEXT, 0);
    const removed = await put(null, 1);
    assert.deepEqual(removed, { content: null, revision: 2, updatedAt: 1, updatedBy: 'ann' });
    assert.equal(await put(TEXT, 1), undefined);
    assert.equal(await put(TEXT, 0), undefined);
    assert.equal((await put(TEXT, 2))?.revision, 3);
  },

  'version numbers rise by one, per product': async (store) => {
    const product = await createProduct(store);
    const other = await createProduct(store, 'a1Other');
    const saves = Array.from({ length: 5 }, () => saveVersion(store, product));
    const numbers = (await Promise.all(saves)).map((version) => version.number);
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5],
    );
    assert.equal((await saveVersion(store, other)).number, 1);
    assert.equal((await findProduct(store, product)).latestVersion, 5);
  },

  'a version is what was saved, byte for byte, with an empty note or a long one': async (store) => {
    const product = await createProduct(store);
    for (const [index, content] of [TEXT, BYTES, Buffer.alloc(0)].entries()) {
      const saved = await store.write((tx) =>
        tx.configs.saveVersion({
          productId: product.id,
          configId: `id${index}`,
          content,
          sha256: `digest${index}`,
          author: '安',
          note: index === 0 ? '' : '字'.repeat(500),
          origin: index === 2 ? { kind: 'rollback', fromVersion: 1 } : { kind: 'editor' },
          createdAt: 1_800_000_000_000,
        }),
      );
      const { number } = saved;
      assert.deepEqual(saved, {
        productId: product.id,
        number: index + 1,
        configId: `id${index}`,
        bytes: content.length,
        sha256: `digest${index}`,
        author: '安',
        note: index === 0 ? '' : '字'.repeat(500),
        origin: index === 2 ? { kind: 'rollback', fromVersion: 1 } : { kind: 'editor' },
        createdAt: 1_800_000_000_000,
      });
      assert.deepEqual(await store.read((tx) => tx.configs.findVersion(product.id, number)), saved);
      const found = await store.read((tx) => tx.configs.findContent(product.id, number));
      assert.deepEqual(Buffer.from(found!), content);
    }
    await store.read(async (tx) => {
      assert.equal(await tx.configs.findVersion(product.id, 4), undefined);
      assert.equal(await tx.configs.findContent(product.id, 4), undefined);
    });
  },

  'the same content saved twice is two versions with one digest, and each can be read': async (store) => {
    const product = await createProduct(store);
    const first = await saveVersion(store, product, TEXT);
    await saveVersion(store, product, BYTES);
    const third = await saveVersion(store, product, TEXT);
    assert.notEqual(third.number, first.number);
    assert.notEqual(third.configId, first.configId);
    assert.equal(third.sha256, first.sha256);
    for (const { number } of [first, third]) {
      const content = await store.read((tx) => tx.configs.findContent(product.id, number));
      assert.deepEqual(Buffer.from(content!), TEXT);
    }
  },

  'versions are listed newest first, in pages without gaps or repeats': async (store) => {
    const product = await createProduct(store);
    const other = await createProduct(store, 'a1Other');
    for (let count = 0; count < 7; count += 1) await saveVersion(store, product, `{"v":${count}}`);
    await saveVersion(store, other);
    for (const limit of [1, 3, 7, 8]) {
      const listed = await readPages(
        limit,
        (version: { number: number }) => version.number,
        (page) => store.read((tx) => tx.configs.listVersions(product.id, page)),
      );
      assert.deepEqual(
        listed.map((version) => version.number),
        [7, 6, 5, 4, 3, 2, 1],
      );
    }
  },
};

function revisionTests(noun: string, { find, put }: Revisions): StoreTests {
  return {
    [`a ${noun} is kept byte for byte, per product, and its revision rises with every write`]: async (
      store,
    ) => {
      const product = await createProduct(store);
      const other = await createProduct(store, 'a1Other');
      assert.equal(await find(store, product.id), undefined);
      for (const [index, content] of [TEXT, BYTES, Buffer.alloc(0), BYTES].entries()) {
        const written = await put(store, product.id, content, index);
        assert.deepEqual(await find(store, product.id), written);
        assert.deepEqual(Buffer.from(written!.content!), content);
        assert.equal(written!.revision, index + 1);
        assert.equal(written!.updatedBy, 'ann');
        assert.equal(written!.updatedAt, 11);
      }
      assert.equal(await find(store, other.id), undefined);
    },

    [`of two editors of a ${noun} only the one with the current revision writes`]: async (store) => {
      const product = await createProduct(store);
      assert.equal(await put(store, product.id, TEXT, 1), undefined);
      const first = await Promise.all([put(store, product.id, TEXT, 0), put(store, product.id, BYTES, 0)]);
      assert.equal(first.filter((written) => written !== undefined).length, 1);
      const second = await Promise.all([put(store, product.id, TEXT, 1), put(store, product.id, BYTES, 1)]);
      const winner = second.find((written) => written !== undefined);
      assert.equal(second.filter((written) => written !== undefined).length, 1);
      assert.deepEqual(await find(store, product.id), winner);
      assert.equal(winner?.revision, 2);
      assert.equal(await put(store, product.id, TEXT, 3), undefined);
    },
  };
}
