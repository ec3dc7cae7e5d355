/** The editor's text (R3, R4): kept byte for byte, guarded by its ETag, checked at a save. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { ApiAnswer, ApiClient } from '../support/api-client.ts';
import { createProduct } from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
let admin: ApiClient;
let path: string;

before(async () => {
  server = await startTestServer();
  ({ admin } = server);
});
beforeEach(async () => {
  path = `/products/${(await createProduct(admin)).productKey}`;
});
after(() => server[Symbol.asyncDispose]());

function put(raw: string | Uint8Array, headers: Record<string, string>, client = admin): Promise<ApiAnswer> {
  return client.send('PUT', `${path}/draft`, { raw, headers });
}

/** Writes over whatever is there. */
async function write(raw: string | Uint8Array): Promise<ApiAnswer> {
  const { headers } = await admin.get(`${path}/draft`);
  const written = await put(raw, { 'if-match': headers.get('etag')! });
  assert.equal(written.status, 200, written.text);
  return written;
}

const save = () => admin.post(`${path}/versions`, {});

/** The bytes as they come, not as text. */
async function readBytes(of: string): Promise<Buffer> {
  const response = await fetch(`${server.baseUrl}/api/v1${path}${of}`, {
    headers: { authorization: `Bearer ${admin.token}` },
  });
  return Buffer.from(await response.arrayBuffer());
}

describe('R4: two editors never overwrite each other silently', () => {
  test('a new product has an empty draft with an ETag to write the first one by', async () => {
    const empty = await admin.get(`${path}/draft`);
    assert.equal(empty.status, 200);
    assert.equal(empty.text, '');
    assert.equal(empty.headers.get('etag'), '"0"');
    const written = await put('{}', { 'if-match': '"0"' });
    assert.equal(written.status, 200, written.text);
    assert.equal(written.headers.get('etag'), '"1"');
  });

  test('a write without an ETag is refused with 428, and * is none', async () => {
    for (const headers of [{}, { 'if-match': '*' }]) {
      const answer = await put('{}', headers);
      assert.equal(answer.status, 428);
      assert.equal(answer.body.code, 'precondition-required');
      assert.match(answer.body.detail, /If-Match/);
    }
    assert.equal((await admin.get(`${path}/draft`)).text, '');
  });

  test('If-None-Match: * writes the first draft and only the first', async () => {
    const first = await put('{"a":1}', { 'if-none-match': '*' });
    assert.equal(first.status, 200, first.text);
    const second = await put('{"a":2}', { 'if-none-match': '*' });
    assert.equal(second.status, 412);
    assert.equal((await admin.get(`${path}/draft`)).text, '{"a":1}');
  });

  test('a reader who has it already gets 304 and no second copy', async () => {
    await write('{"a":1}');
    for (const known of ['"1"', '"7", W/"1"', '*']) {
      const answer = await admin.send('GET', `${path}/draft`, { headers: { 'if-none-match': known } });
      assert.deepEqual([answer.status, answer.text, answer.headers.get('etag')], [304, '', '"1"'], known);
    }
    const older = await admin.send('GET', `${path}/draft`, { headers: { 'if-none-match': '"0"' } });
    assert.deepEqual([older.status, older.text], [200, '{"a":1}']);
    const head = await admin.send('HEAD', `${path}/draft`, { headers: { 'if-none-match': '"1"' } });
    assert.equal(head.status, 200);
  });

  test('a write with an older ETag is refused with 412, names who was faster, and changes nothing', async () => {
    const eva = await server.signInAs(`eva-${path.slice(-6).toLowerCase()}`, ['editor']);
    await write('{"a":1}');
    const seen = (await eva.get(`${path}/draft`)).headers.get('etag')!;
    const mine = await put('{"a":"admin"}', { 'if-match': seen });
    assert.equal(mine.status, 200);
    const hers = await put('{"a":"eva"}', { 'if-match': seen }, eva);
    assert.equal(hers.status, 412);
    assert.equal(hers.body.code, 'precondition-failed');
    assert.match(hers.body.detail, /admin changed the draft meanwhile/);
    assert.equal(`"${hers.body.currentRevision}"`, mine.headers.get('etag'));
    assert.equal((await admin.get(`${path}/draft`)).text, '{"a":"admin"}');
  });

  test('of many writes with the same ETag at once exactly one goes through', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => put(`{"a":${index}}`, { 'if-match': '"0"' })),
    );
    const written = answers.filter(({ status }) => status === 200);
    assert.equal(written.length, 1);
    assert.equal(answers.filter(({ status }) => status === 412).length, 19);
    assert.equal((await admin.get(`${path}/draft`)).headers.get('etag'), '"1"');
  });

  test('an ETag that is none of ours is refused, however it is spelt', async () => {
    await write('{}');
    for (const etag of ['1', 'W/"1"', '"x"', '"01x"', '"2", "1"', '"9999999999999999999"']) {
      const answer = await put('{"b":1}', { 'if-match': etag });
      assert.equal(answer.status, 412, etag);
    }
    assert.equal((await admin.get(`${path}/draft`)).text, '{}');
  });

  test('any text is kept, so that nothing typed is lost, and the answer says what a save would refuse', async () => {
    const written = await write('{"a": 1,\n  "b": ');
    assert.equal(written.body.problems.length, 1);
    assert.equal(written.body.problems[0].reason, 'syntax');
    assert.equal(written.body.problems[0].line, 2);
    assert.equal((await admin.get(`${path}/draft`)).text, '{"a": 1,\n  "b": ');
    assert.deepEqual(
      (await readBytes('/draft')).toString('hex'),
      Buffer.from('{"a": 1,\n  "b": ').toString('hex'),
    );
    assert.equal((await save()).status, 422);
    const notUtf8 = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    await write(notUtf8);
    assert.deepEqual(await readBytes('/draft'), notUtf8);
  });

  test('a save without a draft is refused', async () => {
    const answer = await save();
    assert.equal(answer.status, 409);
    assert.equal(answer.body.code, 'draft-empty');
  });
});

describe('R3: what the author saved is what devices get, and what cannot be saved is refused with its place', () => {
  test('big integers, 1.0, key order, blanks, escapes and a last line end survive', async () => {
    const texts = [
      '{"z":1.0,"a":9007199254740993,"10":1,"9":2,"e":1e400,"neg":-0,"s":"\\u0041\\/"}\n',
      '\t{ "灯" : "亮 💡" ,\r\n"__proto__" : {"x":1.10} }\r\n\n',
      '[]',
      '{"a":{"constructor":null,"":[1,2,{}]}}',
    ];
    for (const text of texts) {
      await write(text);
      const saved = await save();
      assert.equal(saved.status, 201, saved.text);
      const bytes = Buffer.from(text);
      assert.deepEqual(await readBytes(`/versions/${saved.body.number}/content`), bytes);
      assert.equal(saved.body.size, bytes.length);
    }
  });

  const deep = `${'['.repeat(65)}${']'.repeat(65)}`;
  const REFUSED: [what: string, text: string | Uint8Array, reason: string, line: number, column: number][] = [
    ['a syntax error', '{\n  "a": tru\n}', 'syntax', 2, 8],
    ['a comma too much', '{"a":1,}', 'syntax', 1, 7],
    ['a text that stops', '{"a":', 'syntax', 1, 6],
    ['a key twice', '{"a":1,\n "b":2, "a":3}', 'duplicate-key', 2, 9],
    ['the same key in another spelling', '{"a":1,"\\u0061":2}', 'duplicate-key', 1, 8],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), 'invalid-utf8', 1, 3],
    ['a byte order mark', '\uFEFF{}', 'byte-order-mark', 1, 1],
    ['nesting that is too deep', deep, 'too-deep', 1, 65],
    ['a single value', '"text"', 'not-object-or-array', 1, 1],
    ['nothing', ' \n ', 'empty', 1, 1],
    ['a comment', '{} // mine', 'syntax', 1, 4],
    ['not a number', '{"a":NaN}', 'syntax', 1, 6],
  ];
  for (const [what, text, reason, line, column] of REFUSED) {
    test(`a save refuses ${what} and says where it is`, async () => {
      const written = await write(text);
      const refused = await save();
      assert.equal(refused.status, 422, refused.text);
      assert.equal(refused.body.code, 'config-invalid');
      const [problem] = refused.body.problems;
      assert.deepEqual(
        { ...problem, message: '', offset: 0, path: '' },
        { reason, line, column, message: '', offset: 0, path: '' },
      );
      assert.match(refused.body.detail, new RegExp(`^Line ${line}, column ${column}: .{10,}`));
      assert.deepEqual(written.body.problems, refused.body.problems, 'the editor hears it before the save');
      const listed = await admin.get(`${path}/versions`);
      assert.deepEqual(listed.body.items, []);
    });
  }

  test("the size limit is the product's own, and 64 KiB unless it is set", async () => {
    const textOf = (bytes: number) => `"${'x'.repeat(bytes - 4)}"`;
    await write(`[${textOf(65_536)}]`);
    assert.equal((await save()).status, 201);
    await write(`[${textOf(65_537)}]`);
    const refused = await save();
    assert.equal(refused.body.problems[0].reason, 'too-large');
    assert.match(refused.body.detail, /65537 bytes; at most 65536/);
    await admin.patch(path, { configBytesMax: 1_048_576 });
    assert.equal((await save()).status, 201);
    await admin.patch(path, { configBytesMax: 10 });
    await write('{"a":12345678}');
    assert.equal((await save()).body.code, 'config-invalid');
  });

  test('a number that a double cannot hold is saved with a warning', async () => {
    const written = await write('{"id":9007199254740993,"ok":9007199254740992,"half":0.1}');
    assert.deepEqual(written.body.problems, []);
    const saved = await save();
    assert.equal(saved.status, 201);
    for (const { warnings } of [written.body, saved.body]) {
      assert.equal(warnings.length, 1);
      assert.equal(warnings[0].reason, 'number-not-exact');
      assert.equal(warnings[0].path, '/id');
    }
  });

  test('a text can be checked without writing anything', async () => {
    const validate = (raw: string) => admin.send('POST', `${path}/validate`, { raw });
    assert.deepEqual((await validate('{"a":1}')).body, { warnings: [] });
    const refused = await validate('{"a":1,"a":2}');
    assert.equal(refused.status, 422);
    assert.equal(refused.body.problems[0].reason, 'duplicate-key');
    assert.equal((await admin.get(`${path}/draft`)).headers.get('etag'), '"0"');
  });
});
