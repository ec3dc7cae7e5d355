import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiProblem, ApiUnreachable } from '@opencota/contract/http/client';
import { readEvents } from '@opencota/contract/http/event-stream';
import { convertYaml } from '../src/config-text.ts';
import { normaliseUrl } from '../src/context.ts';
import { EXIT, reportOf } from '../src/exit.ts';
import { renderBar } from '../src/rollout-progress.ts';
import { renderTable, type Style } from '../src/table.ts';
import { clean, cutTo, sayBytes, sayDuration, sayTime, textWidth } from '../src/text.ts';

const plain: Style = (_kind, text) => text;

describe('text on a terminal', () => {
  it('counts wide characters twice and marks not at all', () => {
    for (const [text, width] of [
      ['lock', 4],
      ['智能门锁', 8],
      ['ａ', 2],
      ['é', 1],
      ['e\u0301', 1],
      ['🔒', 2],
      ['\x1b[31mred\x1b[39m', 3],
    ] as const)
      assert.equal(textWidth(text), width, text);
  });

  it('never passes on what could move the cursor or turn the reading direction', () => {
    assert.equal(clean('a\x1b[2J\nb\u202ec\x07\x9b'), 'a\ufffd[2J b\ufffdc\ufffd\ufffd');
  });

  it('is cut between characters, never through one', () => {
    assert.equal(cutTo('智能门锁', 8), '智能门锁');
    assert.equal(cutTo('智能门锁', 6), '智能…');
    assert.equal(cutTo('lock', 3), 'lo…');
  });

  it('says times by one unit and lengths by two', () => {
    const now = Date.parse('2026-05-01T12:00:00Z');
    const ago = (seconds: number) => sayTime(new Date(now - seconds * 1000).toISOString(), now);
    assert.deepEqual([2, 59, 90, 7200, -604_800].map(ago), [
      'just now',
      '59 s ago',
      '2 min ago',
      '2 h ago',
      'in 7 d',
    ]);
    assert.equal(sayTime(null), '–');
    assert.deepEqual([0, 61, 3600, 90_000].map(sayDuration), ['0 s', '1 min 1 s', '1 h', '1 d 1 h']);
    assert.deepEqual([1, 1536, 1_048_576].map(sayBytes), ['1 B', '1.5 KiB', '1 MiB']);
  });
});

describe('a table', () => {
  const rows = [
    { name: '门锁', many: 1, note: 'first' },
    { name: 'lamp', many: 200, note: 'a long note' },
  ];
  const columns = [
    { title: 'NAME', value: (row: (typeof rows)[number]) => row.name },
    { title: 'N', value: (row: (typeof rows)[number]) => row.many, align: 'right' as const },
    { title: 'NOTE', value: (row: (typeof rows)[number]) => row.note },
    { title: 'NEVER', value: () => '' },
  ];

  it('is aligned by what is seen, without columns in which nothing stands', () => {
    const text = renderTable(columns, rows, { style: plain, width: undefined });
    assert.equal(text, 'NAME    N  NOTE\n门锁    1  first\nlamp  200  a long note');
  });

  it('ends where the terminal does', () => {
    const lines = renderTable(columns, rows, { style: plain, width: 20 }).split('\n');
    assert.equal(lines[2], 'lamp  200  a long n…');
  });
});

describe('a progress bar', () => {
  it('is full only when all are done, and shows a single failure among many', () => {
    const bar = (done: number, bad: number, total: number) =>
      renderBar({ done, bad, total }, 10, (kind, text) => (kind === 'red' ? 'x'.repeat(text.length) : text));
    assert.equal(bar(999, 0, 1000), '█████████░');
    assert.equal(bar(1000, 0, 1000), '██████████');
    assert.equal(bar(999, 1, 1000), '█████████x');
    assert.equal(bar(0, 0, 0), '██████████');
  });
});

describe('YAML', () => {
  it('becomes JSON with every digit, and names that look like numbers stay texts when quoted', () => {
    const json = convertYaml('a: 9007199254740993\nb: [1.5, true, ~, "007"]\n"1": {}\n', 'x.yaml');
    assert.equal(
      json,
      '{\n  "a": 9007199254740993,\n  "b": [\n    1.5,\n    true,\n    null,\n    "007"\n  ],\n  "1": {}\n}\n',
    );
  });

  it('is refused where JSON has no form for it, with the place', () => {
    for (const [text, pattern] of [
      ['a: 1\na: 2\n', /unique/],
      ['a: .inf\n', /x\.yaml:1:4: Infinity has no form/],
      ['a: &x 1\nb: *x\n', /x\.yaml:2:4: anchors, aliases/],
      ['1: a\n', /must be a text/],
      ['a: [\n', /x\.yaml: /],
    ] as const)
      assert.throws(() => convertYaml(text, 'x.yaml'), pattern);
  });
});

describe('a stream of events', () => {
  it('is read across cut lines and characters, and comments are signs of life', async () => {
    const bytes = Buffer.from(': hi\n\nevent: progress\ndata: {"a":"门"}\n\ndata: 1\r\ndata: 2\r\n\r\n');
    async function* trickle() {
      for (const byte of bytes) yield Uint8Array.of(byte);
    }
    let alive = 0;
    const events = await Array.fromAsync(readEvents(trickle(), () => alive++));
    assert.deepEqual(events, [
      { event: 'progress', data: '{"a":"门"}' },
      { event: 'message', data: '1\n2' },
    ]);
    assert.equal(alive, 1);
  });
});

describe('an error', () => {
  const problem = (code: string, status: number, members: object = {}) =>
    new ApiProblem({ type: '', title: '', status, code, detail: 'd', requestId: 'r', ...members });

  it('has the exit code of the table', () => {
    const exits = [
      [problem('unauthenticated', 401), EXIT.notAllowed],
      [problem('forbidden', 403), EXIT.notAllowed],
      [problem('step-up-required', 403), EXIT.gate],
      [problem('cool-down', 429), EXIT.gate],
      [problem('throttled', 429), EXIT.failed],
      [problem('switch-off', 409), EXIT.gate],
      [problem('already-exists', 409), EXIT.conflict],
      [problem('precondition-failed', 412), EXIT.conflict],
      [problem('invalid-request', 400), EXIT.usage],
      [problem('device-not-found', 404), EXIT.notFound],
      [problem('internal', 500), EXIT.failed],
      [new ApiUnreachable('http://x', 'gone'), EXIT.unreachable],
    ] as const;
    for (const [error, exit] of exits) assert.equal(reportOf(error).exitCode, exit, error.message);
  });

  it('keeps what the problem says beside its words', () => {
    const { code, detail, requestId, more } = reportOf(problem('internal', 500, { more: 1 }));
    assert.deepEqual(
      { code, detail, requestId, more },
      { code: 'internal', detail: 'd', requestId: 'r', more: 1 },
    );
  });
});

describe('an address', () => {
  it('has one spelling, whatever was typed', () => {
    for (const [typed, url] of [
      ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
      ['https://Cota.Example.com/', 'https://cota.example.com'],
      ['https://example.com/cota/api/v1', 'https://example.com/cota'],
      ['ftp://example.com', undefined],
      ['http://', undefined],
    ] as const)
      assert.equal(normaliseUrl(typed), url, typed);
  });
});
