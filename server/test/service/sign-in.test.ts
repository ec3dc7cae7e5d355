import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  ONE_TIME_PASSWORD_LIFETIME_MS,
  SESSION_LIFETIME_MS,
  SIGN_IN_FAILURES_PER_WINDOW,
  SIGN_IN_WINDOW_MS,
} from '../../src/domain/limits.ts';
import {
  ACCOUNT_FAILURES_PER_WINDOW,
  NETWORK_FAILURES_PER_WINDOW,
  networkOf,
} from '../../src/service/sign-in-throttle.ts';
import {
  createPerson,
  enter,
  GOOD_PASSWORD,
  HOME,
  openPeople,
  type People,
  refusalOf,
} from './people-support.ts';

const STRANGER = '198.51.100.66';

function attempt(people: People, password: string, { username = 'olga', remoteAddress = HOME } = {}) {
  return people.signIn.signIn({ username, password, remoteAddress, userAgent: 'test' });
}

/** Failures as they are kept, without the cost of hashing each. */
async function haveFailed(people: People, times: number, where: { username: string; remoteAddress: string }) {
  const network = networkOf(where.remoteAddress);
  const keys = [
    `sign-in:account-from:${network} ${where.username}`,
    `sign-in:from:${network}`,
    `sign-in:account:${where.username}`,
  ];
  await people.store.write(async (tx) => {
    for (let time = 0; time < times; time += 1)
      for (const key of keys) await tx.people.throttle(key, SIGN_IN_WINDOW_MS, people.clock.now());
  });
}

test('each sign-in gives a new session token, of which only the hash is stored', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const first = await attempt(people, GOOD_PASSWORD);
  const second = await attempt(people, GOOD_PASSWORD);
  assert.match(first.sessionToken, /^[A-Za-z0-9_-]{43}$/);
  assert.notEqual(first.sessionToken, second.sessionToken);
  assert.equal(first.expiresAt, people.clock.now().wallMs + SESSION_LIFETIME_MS);
  assert.equal(first.account.username, 'olga');
  const id = createHash('sha256').update(first.sessionToken).digest('hex');
  const found = await people.store.read(async (tx) => [
    await tx.people.findWebSession(id),
    await tx.people.findWebSession(first.sessionToken),
  ]);
  assert.deepEqual(
    found.map((row) => row?.id),
    [id, undefined],
  );
});

test('the name may be typed with capitals and blanks around it', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  await attempt(people, GOOD_PASSWORD, { username: ' Olga ' });
});

test('an unknown user, a wrong password and a disabled account get the same answer', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  await createPerson(people, { username: 'dora' });
  await people.accounts.update(people.system, 'dora', { isEnabled: false });
  const refusals = [
    await refusalOf(attempt(people, 'wrong'), 'sign-in-failed'),
    await refusalOf(attempt(people, GOOD_PASSWORD, { username: 'nobody' }), 'sign-in-failed'),
    await refusalOf(attempt(people, GOOD_PASSWORD, { username: 'dora' }), 'sign-in-failed'),
    await refusalOf(attempt(people, '', { username: '\u0000 or 1=1' }), 'sign-in-failed'),
  ];
  const answers = refusals.map(({ message, detail }) => JSON.stringify({ message, detail }));
  assert.equal(new Set(answers).size, 1, answers.join('\n'));
});

test('an unknown user costs as much hashing as a known one', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const known = t.mock.method(people.passwords, 'verify');
  const unknown = t.mock.method(people.passwords, 'verifyAgainstNobody');
  await refusalOf(attempt(people, 'wrong', { username: 'olga' }), 'sign-in-failed');
  assert.deepEqual([known.mock.callCount(), unknown.mock.callCount()], [1, 0]);
  await refusalOf(attempt(people, 'wrong', { username: 'nobody' }), 'sign-in-failed');
  assert.deepEqual([known.mock.callCount(), unknown.mock.callCount()], [1, 1]);
});

test('an expired one-time password is refused with the way out, but only to those who know it', async (t) => {
  const people = await openPeople(t);
  const made = await people.accounts.ensureFirstAdmin();
  const password = made?.oneTimePassword ?? '';
  people.clock.advance(ONE_TIME_PASSWORD_LIFETIME_MS - 1);
  await attempt(people, password, { username: 'admin' });
  people.clock.advance(1);
  const refusal = await refusalOf(attempt(people, password, { username: 'admin' }), 'sign-in-failed');
  assert.match(refusal.message, /opencota user reset-password admin/);
  const other = await refusalOf(attempt(people, 'wrong', { username: 'admin' }), 'sign-in-failed');
  assert.doesNotMatch(other.message, /reset-password/);
});

test('signing out ends this session only', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const first = await enter(people);
  const second = await enter(people);
  await people.signIn.signOut(first.actor);
  await refusalOf(people.identity.identify({ bearer: first.token, remoteAddress: HOME }), 'unauthenticated');
  await people.identity.identify({ bearer: second.token, remoteAddress: HOME });
});

test('too many wrong passwords from one place are throttled for a while, the right one included', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  for (let time = 0; time < SIGN_IN_FAILURES_PER_WINDOW; time += 1)
    await refusalOf(attempt(people, `wrong ${time}`), 'sign-in-failed');
  const refusal = await refusalOf(attempt(people, GOOD_PASSWORD), 'throttled');
  assert.equal(refusal.detail.retryAfterSeconds, SIGN_IN_WINDOW_MS / 1000);
  await attempt(people, GOOD_PASSWORD, { remoteAddress: STRANGER });
  people.clock.advance(SIGN_IN_WINDOW_MS - 1);
  assert.equal((await refusalOf(attempt(people, GOOD_PASSWORD), 'throttled')).detail.retryAfterSeconds, 1);
  people.clock.advance(1);
  await attempt(people, GOOD_PASSWORD);
});

test('a clock set forward does not end the throttling', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  await haveFailed(people, SIGN_IN_FAILURES_PER_WINDOW, { username: 'olga', remoteAddress: HOME });
  people.clock.setWall(86_400_000);
  await refusalOf(attempt(people, GOOD_PASSWORD), 'throttled');
});

test('wrong passwords sent at once are counted like those sent in turn', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const guesses = Array.from({ length: 20 }, (_, index) => refusalOf(attempt(people, `guess ${index}`)));
  const codes = (await Promise.all(guesses)).map((refusal) => refusal.code);
  assert.equal(codes.filter((code) => code === 'sign-in-failed').length, SIGN_IN_FAILURES_PER_WINDOW);
  assert.equal(codes.filter((code) => code === 'throttled').length, 20 - SIGN_IN_FAILURES_PER_WINDOW);
});

test('right passwords at once are not taken for guesses', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const many = Array.from({ length: SIGN_IN_FAILURES_PER_WINDOW + 5 }, () => attempt(people, GOOD_PASSWORD));
  assert.equal(new Set((await Promise.all(many)).map((each) => each.sessionToken)).size, many.length);
});

test('a success forgets the failures of this name from this place', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  await haveFailed(people, SIGN_IN_FAILURES_PER_WINDOW - 1, { username: 'olga', remoteAddress: HOME });
  await attempt(people, GOOD_PASSWORD);
  await refusalOf(attempt(people, 'wrong'), 'sign-in-failed');
  await attempt(people, GOOD_PASSWORD);
});

test('strangers who guess at a name do not lock the person out', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  for (let stranger = 0; stranger < 10; stranger += 1)
    await haveFailed(people, 9, { username: 'olga', remoteAddress: `198.51.100.${stranger}` });
  await attempt(people, GOOD_PASSWORD);
});

test('once many places have guessed at a name, each place has one try left instead of ten', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  for (let stranger = 0; stranger < ACCOUNT_FAILURES_PER_WINDOW; stranger += 1)
    await haveFailed(people, 1, { username: 'olga', remoteAddress: `198.51.100.${stranger}` });
  await refusalOf(attempt(people, 'wrong', { remoteAddress: '192.0.2.1' }), 'sign-in-failed');
  await refusalOf(attempt(people, GOOD_PASSWORD, { remoteAddress: '192.0.2.1' }), 'throttled');
  await attempt(people, GOOD_PASSWORD, { remoteAddress: '192.0.2.2' });
});

test('a place that tries many names is throttled for all of them', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  for (let name = 0; name < NETWORK_FAILURES_PER_WINDOW; name += 1)
    await haveFailed(people, 1, { username: `user${name}`, remoteAddress: STRANGER });
  await refusalOf(attempt(people, GOOD_PASSWORD, { remoteAddress: STRANGER }), 'throttled');
  await attempt(people, GOOD_PASSWORD);
});

test('unknown names are throttled like known ones', async (t) => {
  const people = await openPeople(t);
  await haveFailed(people, SIGN_IN_FAILURES_PER_WINDOW, { username: 'nobody', remoteAddress: HOME });
  await refusalOf(attempt(people, 'wrong', { username: 'nobody' }), 'throttled');
});

test('the addresses of one IPv6 network count as one place', () => {
  const first = networkOf('2001:db8:12:34::1');
  assert.equal(networkOf('2001:0DB8:12:034:ffff::2'), first);
  assert.equal(networkOf('2001:db8:12:34:5:6:7:8%eth0'), first);
  assert.notEqual(networkOf('2001:db8:12:35::1'), first);
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('::ffff:203.0.113.7'), '203.0.113.7');
  assert.equal(networkOf(HOME), HOME);
});

test('sign-ins, refused ones and sign-outs are in the audit log, without a password', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  await refusalOf(attempt(people, 'my-wrong-secret'), 'sign-in-failed');
  await refusalOf(attempt(people, 'x', { username: 'my-secret-in-the-wrong-field' }), 'sign-in-failed');
  const { actor, token } = await enter(people);
  await people.signIn.signOut(actor);
  const entries = (await people.listAudit()).filter((entry) => entry.action.startsWith('session.'));
  assert.deepEqual(
    entries.map(({ actor: by, action, outcome, target, remoteAddress }) => [
      by,
      action,
      outcome,
      target,
      remoteAddress,
    ]),
    [
      ['anonymous', 'session.create', 'refused', 'olga', HOME],
      ['anonymous', 'session.create', 'refused', '(unknown user)', HOME],
      ['olga', 'session.create', 'ok', 'olga', HOME],
      ['olga', 'session.remove', 'ok', 'olga', HOME],
    ],
  );
  const log = JSON.stringify(await people.listAudit());
  for (const secret of ['my-wrong-secret', 'my-secret-in-the-wrong-field', GOOD_PASSWORD, token])
    assert.ok(!log.includes(secret));
});

test('who goes on trying while throttled writes few lines, which say how often he tried', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  await haveFailed(people, SIGN_IN_FAILURES_PER_WINDOW, { username: 'olga', remoteAddress: HOME });
  for (let time = 0; time < 20; time += 1) await refusalOf(attempt(people, 'wrong'), 'throttled');
  await refusalOf(attempt(people, 'wrong', { remoteAddress: STRANGER }), 'sign-in-failed');
  const linesOf = async (code: string) =>
    (await people.listAudit())
      .filter(({ detail }) => detail.code === code)
      .map(({ detail }) => detail.refusals);
  assert.deepEqual(await linesOf('throttled'), [1, 2, 4, 8, 16]);
  assert.deepEqual(await linesOf('sign-in-failed'), [undefined]);
  people.clock.advance(SIGN_IN_WINDOW_MS);
  await haveFailed(people, SIGN_IN_FAILURES_PER_WINDOW, { username: 'olga', remoteAddress: HOME });
  await refusalOf(attempt(people, 'wrong'), 'throttled');
  assert.deepEqual(await linesOf('throttled'), [1, 2, 4, 8, 16, 1]);
});

test('a person disabled while the password is being checked does not get in', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const signingIn = refusalOf(attempt(people, GOOD_PASSWORD), 'sign-in-failed');
  await people.accounts.update(people.system, 'olga', { isEnabled: false });
  await signingIn;
});
