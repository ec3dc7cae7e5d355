import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCommonPassword } from '../../src/service/common-passwords.ts';
import {
  ARGON2_MEMORY_KIB,
  createOneTimePassword,
  createPasswords,
  demandGoodPassword,
} from '../../src/service/passwords.ts';
import { GOOD_PASSWORD, refusalOf } from './people-support.ts';

const passwords = createPasswords();

test('a password is kept as an argon2id string with its parameters, and each hash has its own salt', async () => {
  const [first, second] = await Promise.all([passwords.hash(GOOD_PASSWORD), passwords.hash(GOOD_PASSWORD)]);
  assert.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.ok(ARGON2_MEMORY_KIB >= 19 * 1024);
  assert.notEqual(first, second);
  assert.ok(!first.includes(GOOD_PASSWORD));
});

test('only the right password verifies', async () => {
  const hash = await passwords.hash(GOOD_PASSWORD);
  assert.equal(await passwords.verify(GOOD_PASSWORD, hash), true);
  assert.equal(await passwords.verify(`${GOOD_PASSWORD} `, hash), false);
  assert.equal(await passwords.verify('', hash), false);
});

test('a hash made with other parameters still verifies', async () => {
  // From the test vectors of another implementation: "password" with the salt "somesalt", 256 KiB, two passes.
  const hash = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
  assert.equal(await passwords.verify('password', hash), true);
  assert.equal(await passwords.verify('Password', hash), false);
});

test('letters typed composed or decomposed are the same password', async () => {
  const hash = await passwords.hash('caf\u00e9 au lait s\u0027il vous pla\u00eet');
  assert.equal(await passwords.verify('cafe\u0301 au lait s\u0027il vous plai\u0302t', hash), true);
});

test('nobody has no password', async () => {
  assert.equal(await passwords.verifyAgainstNobody(''), false);
  assert.equal(await passwords.verifyAgainstNobody(GOOD_PASSWORD), false);
});

test('checking against nobody takes as long as checking against somebody', async () => {
  const hash = await passwords.hash(GOOD_PASSWORD);
  const timeOf = async (work: () => Promise<unknown>) => {
    const times: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      const start = performance.now();
      await work();
      times.push(performance.now() - start);
    }
    return times.sort((left, right) => left - right)[4] ?? 0;
  };
  const somebody = await timeOf(() => passwords.verify('a wrong one', hash));
  const nobody = await timeOf(() => passwords.verifyAgainstNobody('a wrong one'));
  assert.ok(nobody > somebody / 4 && nobody < somebody * 4, `${nobody} ms against ${somebody} ms`);
});

test('more hashing than may wait is refused, and what was let in is finished', async () => {
  const narrow = createPasswords({ hashesAtOnceMax: 1, hashesWaitingMax: 1 });
  const admitted = [narrow.hash('one'), narrow.hash('two')];
  await refusalOf(narrow.hash('three'), 'unavailable');
  const [one = '', two = ''] = await Promise.all(admitted);
  assert.equal(await narrow.verify('one', one), true);
  assert.equal(await narrow.verify('two', two), true);
});

test('a password needs 8 to 256 characters and nothing else', async () => {
  const check = async (password: string) => demandGoodPassword(password, 'olga');
  assert.equal((await refusalOf(check('xq7gd3k'), 'invalid-request')).detail.reason, 'too-short');
  assert.equal(
    (await refusalOf(check(`${'xq7 '.repeat(64)}z`), 'invalid-request')).detail.reason,
    'too-long',
  );
  await check('xq7gd3kw');
  await check('lampkettleyard');
  await check('马到成功一路平安');
  await check(`${'walnut tractor '.repeat(17)}z`);
});

test('common passwords, in their usual disguises, are refused', () => {
  const common = [
    'password',
    'Password1',
    'P@ssw0rd!',
    'password2024',
    '12345678',
    '87654321',
    '11111111',
    'qwertyuiop',
    '1qaz2wsx',
    'iloveyou',
    'sunshine1',
    'Football!',
    'letmein123',
    'abcabcabc',
    'passwordpassword',
    'abcdefgh',
    'woaini1314',
    '5201314520',
    '19900101',
    '1990-01-01',
    'qq123456',
    'OpenCOTA1',
    'administrator',
    'changeme',
    'princess',
    'trustno1',
    'zxcvbnm,',
    '147258369',
    'asdfghjkl',
    'welcome1!',
    'superman99',
    'dragon1234',
  ];
  assert.deepEqual(
    common.filter((password) => !isCommonPassword(password)),
    [],
  );
});

test('passwords that merely contain a common word are accepted', () => {
  const fine = [
    GOOD_PASSWORD,
    'dragonfly over pond',
    'xk29vbqp',
    'password manager said no',
    'lampe-huit-bleu',
    '93017264',
  ];
  assert.deepEqual(
    fine.filter((password) => isCommonPassword(password)),
    [],
  );
});

test('the name of the person is no password', async () => {
  const check = async (password: string, username: string) => demandGoodPassword(password, username);
  await refusalOf(check('olga.petrova', 'olga.petrova'), 'invalid-request');
  await refusalOf(check('Petrova2024', 'olga.petrova'), 'invalid-request');
  await check('Petrova2024', 'someone.else');
});

test('one-time passwords are in readable groups, long enough, and never the same', () => {
  const made = Array.from({ length: 500 }, createOneTimePassword);
  for (const password of made) assert.match(password, /^[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){4}$/);
  assert.equal(new Set(made).size, made.length);
  const bits = 20 * Math.log2(new Set(made.join('').replaceAll('-', '')).size);
  assert.ok(bits >= 80, `${bits} bits`);
});
