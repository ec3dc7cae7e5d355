/** Users, tokens, settings: from forms to requests, and what is said about them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { isDiskShort } from '@opencota/contract/http/disk';
import type { UserView } from '@opencota/contract/http/people';
import { settingMeaning } from '../../src/i18n/zh/setting-meanings.ts';
import { clockDifference } from '../../src/pages/admin/clock-difference.ts';
import { missingScopes, rightFor, scopeKey } from '../../src/pages/admin/scopes.ts';
import { tokenExample } from '../../src/pages/admin/token-example.ts';
import { tokenLife } from '../../src/pages/admin/token-time.ts';
import { fieldsOf, newUserOf, patchOf } from '../../src/pages/admin/user-form.ts';
import { codeWay } from '../../src/pages/people/code-way.ts';
import { bytes } from '../../src/ui/time-text.ts';

const USER: UserView = {
  username: 'li.na',
  roles: ['editor', 'operator'],
  enabled: true,
  phone: '+86 138 0000 0000',
  email: null,
  language: 'zh',
  hasTotp: false,
  mustChangePassword: false,
  createdAt: '2026-11-23T08:00:00.000Z',
};

it('an untouched form changes nothing of a user, whatever the order of roles', () => {
  const fields = fieldsOf(USER);
  assert.deepEqual(patchOf(USER, { ...fields, roles: ['operator', 'editor'] }), {});
});

it('only what was changed is written, and an emptied field is taken away', () => {
  const fields = { ...fieldsOf(USER), phone: ' ', email: ' li.na@example.com ' };
  assert.deepEqual(patchOf(USER, fields), { phone: null, email: 'li.na@example.com' });
  assert.deepEqual(patchOf(USER, { ...fieldsOf(USER), roles: ['viewer'] }), { roles: ['viewer'] });
});

it('a new user without contact has none', () => {
  const { phone, email } = newUserOf({ ...fieldsOf(USER), phone: '', email: '' });
  assert.deepEqual([phone, email], [null, null]);
});

it('a code comes by the first way that is open', () => {
  const both = { smsConfigured: true, emailConfigured: true };
  assert.equal(codeWay({ ...USER, hasTotp: true }, both), 'totp');
  assert.equal(codeWay(USER, both), 'sms');
  assert.equal(codeWay({ ...USER, phone: null, email: 'a@b' }, both), 'email');
  assert.equal(codeWay(USER, { smsConfigured: false, emailConfigured: true }), 'log');
});

it('a scope that does little without another one says which', () => {
  assert.deepEqual(missingScopes(['rollouts:unattended']), ['rollouts:write', 'read']);
  assert.deepEqual(missingScopes(['read', 'configs:write']), []);
  assert.deepEqual(missingScopes([]), []);
});

it('only administrators may give away the right to push without a second factor', () => {
  assert.equal(rightFor('rollouts:unattended'), 'admin');
  assert.equal(rightFor('configs:write'), 'configs:write');
  assert.equal(scopeKey('configs:write'), 'configs-write');
});

it('the example of a new token asks for something that its scopes allow', () => {
  const given = { token: 'oct_x', origin: 'https://cota.example.com' };
  assert.match(
    tokenExample({ ...given, scopes: ['read'] }),
    /https:\/\/cota\.example\.com\/api\/v1\/products$/,
  );
  assert.match(tokenExample({ ...given, scopes: ['admin'] }), /\/api\/v1\/session$/);
});

it('a token is marked in its last two weeks and from its end on', () => {
  const now = Date.parse('2026-11-23T08:00:00Z');
  assert.equal(tokenLife('2026-12-24T08:00:00Z', now), 'good');
  assert.equal(tokenLife('2026-12-01T08:00:00Z', now), 'ending');
  assert.equal(tokenLife('2026-11-23T08:00:00Z', now), 'expired');
});

it('clocks that differ by less than half a minute agree', () => {
  const readAt = Date.parse('2026-11-23T08:00:00Z');
  assert.equal(clockDifference('2026-11-23T08:00:20Z', readAt), undefined);
  assert.equal(clockDifference('2026-11-23T07:59:00Z', readAt), -60_000);
});

it('a disk is short when it has no room for the store once more, or less than half a gigabyte', () => {
  const mebibyte = 1024 * 1024;
  const freeWith = (storeMebibytes: number, freeMebibytes: number) =>
    isDiskShort({ storeBytes: storeMebibytes * mebibyte, freeBytes: freeMebibytes * mebibyte });
  assert.deepEqual([freeWith(1, 512), freeWith(1, 511)], [false, true]);
  assert.deepEqual([freeWith(2_048, 2_048), freeWith(2_048, 2_047)], [false, true]);
});

it('sizes are said in the unit that fits', () => {
  const said = [0, 1_023, 4_096, 1_572_864, 5 * 1024 ** 3].map((count) => bytes(count, 'en'));
  assert.deepEqual(said, ['0 B', '1,023 B', '4 KB', '1.5 MB', '5 GB']);
});

it('every setting has its meaning in Chinese', () => {
  const documented = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8');
  const names = [...documented.matchAll(/^\| `(OPENCOTA_\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(Object.keys(settingMeaning).sort(), names.sort());
});
