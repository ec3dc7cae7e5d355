import assert from 'node:assert/strict';
import type { AccountRow, PeopleStore, Store } from '../../src/domain/store-port.ts';
import { readPages, type StoreTests } from './store-bench.ts';

export const ACCOUNT = {
  passwordHash: 'scrypt$x',
  oneTimeUntil: null,
  totpSealed: null,
  totpLastStep: null,
  roles: ['editor', 'operator'],
  isEnabled: true,
  phone: null,
  email: null,
  language: 'en',
  createdAt: 3,
} as const;

export function createAccount(store: Store, username = 'ann'): Promise<AccountRow> {
  return store.write((tx) => tx.people.createAccount({ ...ACCOUNT, username }));
}

export function createSession(store: Store, accountId: number, id: string): Promise<void> {
  const session = { id, accountId, createdAt: 1, usedAt: 1, wantedPush: null };
  return store.write((tx) =>
    tx.people.createWebSession({ ...session, remoteAddress: '192.0.2.1', userAgent: 'x' }),
  );
}

export const peopleTests: StoreTests = {
  'an account is found by name and by id, and a taken name is refused': async (store) => {
    assert.equal(await store.read((tx) => tx.people.countAccounts()), 0);
    const ann = await createAccount(store);
    assert.deepEqual(ann, {
      ...ACCOUNT,
      id: ann.id,
      username: 'ann',
      hasTotp: false,
      mustChangePassword: false,
    });
    await assert.rejects(createAccount(store), { code: 'already-exists' });
    await store.read(async (tx) => {
      assert.deepEqual(await tx.people.findAccount('ann'), ann);
      assert.deepEqual(await tx.people.findAccountById(ann.id), ann);
      assert.equal(await tx.people.findAccount('Ann'), undefined);
      assert.equal(await tx.people.countAccounts(), 1);
    });
  },

  'an update of an account changes what it names, also back to nothing': async (store) => {
    const ann = await createAccount(store);
    const other = await createAccount(store, 'bob');
    const update = async (change: Parameters<PeopleStore['updateAccount']>[1]) => {
      await store.write((tx) => tx.people.updateAccount(ann.id, change));
      return store.read((tx) => tx.people.findAccountById(ann.id));
    };
    const totp = { totpSealed: new Uint8Array([9]), totpLastStep: 5 };
    assert.deepEqual(await update({ ...totp, phone: '+86' }), {
      ...ann,
      ...totp,
      phone: '+86',
      hasTotp: true,
    });
    assert.deepEqual(await update({ totpSealed: null, totpLastStep: null, phone: null }), ann);
    const change = {
      roles: ['viewer'],
      isEnabled: false,
      language: 'zh',
      oneTimeUntil: 77,
      passwordHash: 'y',
    } as const;
    assert.deepEqual(await update(change), { ...ann, ...change, mustChangePassword: true });
    await update({});
    assert.deepEqual(await store.read((tx) => tx.people.findAccountById(other.id)), other);
  },

  'accounts are listed by name, in pages, and a removed one is gone with its sessions and tokens': async (
    store,
  ) => {
    for (const name of ['cat', 'ann', 'bob']) await createAccount(store, name);
    const ann = (await store.read((tx) => tx.people.findAccount('ann')))!;
    await createSession(store, ann.id, 'session');
    await createToken(store, ann.id, 'ci');
    await store.write((tx) => tx.people.removeAccount(ann.id));
    const listed = await readPages(
      1,
      (account: { username: string }) => account.username,
      (page) => store.read((tx) => tx.people.listAccounts(page)),
    );
    assert.deepEqual(
      listed.map((account) => account.username),
      ['bob', 'cat'],
    );
    await store.read(async (tx) => {
      assert.equal(await tx.people.findWebSession('session'), undefined);
      assert.equal(await tx.people.findToken('sha-ci'), undefined);
    });
  },

  'a recovery code works once, for its account, and a new set replaces the old one': async (store) => {
    const ann = await createAccount(store);
    const bob = await createAccount(store, 'bob');
    const take = (id: number, code: string) => store.write((tx) => tx.people.takeRecoveryCode(id, code));
    await store.write((tx) => tx.people.setRecoveryCodes(ann.id, ['a', 'b']));
    assert.equal(await take(bob.id, 'a'), false);
    const both = await Promise.all([take(ann.id, 'a'), take(ann.id, 'a')]);
    assert.deepEqual(both.toSorted(), [false, true]);
    await store.write((tx) => tx.people.setRecoveryCodes(ann.id, ['c']));
    assert.deepEqual([await take(ann.id, 'b'), await take(ann.id, 'c')], [false, true]);
  },

  'a web session keeps when it was used and which push it wanted, until it is removed': async (store) => {
    const ann = await createAccount(store);
    await createSession(store, ann.id, 's1');
    await store.write(async (tx) => {
      await tx.people.touchWebSession('s1', 50);
      await tx.people.setWantedPush('s1', 'binding');
    });
    const session = { id: 's1', accountId: ann.id, createdAt: 1, usedAt: 50, wantedPush: 'binding' };
    assert.deepEqual(await store.read((tx) => tx.people.findWebSession('s1')), session);
    await store.write((tx) => tx.people.removeWebSession('s1'));
    assert.equal(await store.read((tx) => tx.people.findWebSession('s1')), undefined);
  },

  "an account's sessions end together, but for the one that is spared": async (store) => {
    const ann = await createAccount(store);
    const bob = await createAccount(store, 'bob');
    for (const id of ['s1', 's2', 's3']) await createSession(store, ann.id, id);
    await createSession(store, bob.id, 'b1');
    const alive = async () => {
      const found = [];
      for (const id of ['s1', 's2', 's3', 'b1'])
        if (await store.read((tx) => tx.people.findWebSession(id))) found.push(id);
      return found;
    };
    await store.write((tx) => tx.people.removeWebSessionsOf(ann.id, 's2'));
    assert.deepEqual(await alive(), ['s2', 'b1']);
    await store.write((tx) => tx.people.removeWebSessionsOf(ann.id, null));
    assert.deepEqual(await alive(), ['b1']);
  },

  'a token is found by its digest, listed without it, and removed once': async (store) => {
    const ann = await createAccount(store);
    const first = await createToken(store, ann.id, 'ci');
    const second = await createToken(store, ann.id, 'cd');
    await assert.rejects(createToken(store, ann.id, 'ci'), { code: 'already-exists' });
    await store.write((tx) => tx.people.touchToken(first.id, 60));
    assert.deepEqual(await store.read((tx) => tx.people.findToken('sha-ci')), { ...first, usedAt: 60 });
    const listed = await readPages(
      1,
      (token: { id: number }) => token.id,
      (page) => store.read((tx) => tx.people.listTokens(page)),
    );
    assert.deepEqual(listed, [{ ...first, usedAt: 60 }, second]);
    const remove = () => store.write((tx) => tx.people.removeToken(first.id));
    assert.deepEqual([await remove(), await remove()], [true, false]);
    assert.equal(await store.read((tx) => tx.people.findToken('sha-ci')), undefined);
  },

  'a trusted browser is trusted for its account until it expires or all of the account are removed': async (
    store,
  ) => {
    const ann = await createAccount(store);
    const bob = await createAccount(store, 'bob');
    await store.write((tx) =>
      tx.people.addTrustedBrowser({ tokenSha256: 't', accountId: ann.id, createdAt: 1, expiresAt: 100 }),
    );
    const isTrusted = (token: string, id: number, now: number) =>
      store.read((tx) => tx.people.isTrustedBrowser(token, id, now));
    assert.equal(await isTrusted('t', ann.id, 99), true);
    assert.equal(await isTrusted('t', ann.id, 100), false);
    assert.equal(await isTrusted('t', bob.id, 1), false);
    assert.equal(await isTrusted('u', ann.id, 1), false);
    await store.write((tx) => tx.people.removeTrustedBrowsersOf(bob.id));
    assert.equal(await isTrusted('t', ann.id, 99), true);
    await store.write((tx) => tx.people.removeTrustedBrowsersOf(ann.id));
    assert.equal(await isTrusted('t', ann.id, 99), false);
  },
};

function createToken(store: Store, accountId: number, name: string) {
  return store.write((tx) =>
    tx.people.createToken({
      name,
      scopes: ['read', 'rollouts:unattended'],
      createdBy: 'ann',
      accountId,
      createdAt: 1,
      expiresAt: 1000,
      tokenSha256: `sha-${name}`,
    }),
  );
}
