import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CONFIG_BYTES_CEILING,
  CONFIG_BYTES_DEFAULT,
  CONFIG_DEPTH_MAX,
  CONFIG_PROBLEMS_MAX,
  type ConfigCheck,
  checkConfig,
} from '../../src/json/check-config.ts';

const LIMITS = { bytesMax: CONFIG_BYTES_CEILING, depthMax: CONFIG_DEPTH_MAX };

function check(text: string | Uint8Array, limits = LIMITS): ConfigCheck {
  return checkConfig(typeof text === 'string' ? Buffer.from(text, 'utf8') : text, limits);
}

/** The only problem of a text, as "reason line:column". */
function onlyProblem(text: string | Uint8Array): string {
  const { problems } = check(text);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  const { reason, line, column } = problems[0]!;
  return `${reason} ${line}:${column}`;
}

describe('a configuration is accepted', () => {
  const texts = [
    '{}',
    '[]',
    ' {"a": [1, -0.5e+3, true, false, null, "é\\n\\u00e9"]}\r\n',
    '{"__proto__": 1}',
  ];
  for (const text of texts) {
    test(`when it is ${JSON.stringify(text)}`, () => {
      assert.deepEqual(check(text), { problems: [], warnings: [] });
    });
  }

  test('at exactly the size limit and at exactly the depth limit', () => {
    const nested = '['.repeat(CONFIG_DEPTH_MAX) + ']'.repeat(CONFIG_DEPTH_MAX);
    const padded = nested + ' '.repeat(CONFIG_BYTES_DEFAULT - nested.length);
    assert.deepEqual(check(padded, { ...LIMITS, bytesMax: CONFIG_BYTES_DEFAULT }).problems, []);
  });
});

describe('a syntax error is refused at its place', () => {
  const cases: readonly [text: string, place: string, words: RegExp][] = [
    ['[1,\n2,]', '2:2', /comma after the last item/],
    ['{"a":1,}', '1:7', /comma after the last member/],
    ['// note\n{}', '1:1', /no comments/],
    ['{"a": 1 /* one */}', '1:9', /no comments/],
    ['{"a": 1 # one\n}', '1:9', /no comments/],
    ["{'a':1}", '1:2', /double quotes/],
    ["['a']", '1:2', /double quotes/],
    ['{a:1}', '1:2', /key in double quotes but found "a"/],
    ['[NaN]', '1:2', /"NaN" is not a JSON value/],
    ['[-Infinity]', '1:2', /not complete/],
    ['[undefined]', '1:2', /"undefined" is not a JSON value/],
    ['[01]', '1:2', /extra zeros/],
    ['[-012]', '1:2', /extra zeros/],
    ['[+1]', '1:2', /may not begin with "\+"/],
    ['[.5]', '1:2', /not complete/],
    ['[1.]', '1:2', /not complete/],
    ['[1e]', '1:2', /not complete/],
    ['["a\nb"]', '1:4', /a line break as it is/],
    ['["a\tb"]', '1:4', /a tab as it is/],
    ['["a\u0000b"]', '1:4', /invisible character U\+0000/],
    ['["\\x41"]', '1:3', /backslash/],
    ['["\\u00g0"]', '1:3', /backslash/],
    ['["abc', '1:2', /no closing quote/],
    ['["abc\\"]', '1:2', /no closing quote/],
    ['{"a" 1}', '1:6', /Expected ":" after the key but found "1"/],
    ['[1 2]', '1:4', /Expected "," or "]" in the array that begins at line 1, column 1 but found "2"/],
    ['{"a":[1,2}', '1:10', /Found "}" where "]" must close the array that begins at line 1, column 6/],
    ['{"a":\n [1', '2:4', /ends inside the array that begins at line 2, column 2/],
    ['{"a":', '1:6', /ends inside the object that begins at line 1, column 1/],
    ['[,]', '1:2', /Expected a value but found ","/],
    ['{} {}', '1:4', /top-level value ends before this/],
    ['{}]', '1:3', /top-level value ends before this/],
    ['[\u00a01]', '1:2', /invisible character U\+00A0/],
    ['nul', '1:1', /"nul" is not a JSON value/],
  ];
  for (const [text, place, words] of cases) {
    test(`in ${JSON.stringify(text)}`, () => {
      assert.equal(onlyProblem(text), `syntax ${place}`);
      assert.match(check(text).problems[0]!.message, words);
    });
  }
});

describe('duplicate keys are refused', () => {
  test('with the place of both and what to do', () => {
    const [problem] = check('{\n  "a": 1,\n  "b": {"a": 2},\n  "a": 3\n}').problems;
    assert.deepEqual(problem, {
      reason: 'duplicate-key',
      message: 'Key "a" appears twice in this object; the first is at line 2, column 3. Remove one.',
      line: 4,
      column: 3,
      offset: 31,
      path: '/a',
    });
  });

  test('when they only differ in how they are escaped', () => {
    assert.equal(onlyProblem('{"a":1,"\\u0061":2}'), 'duplicate-key 1:8');
    assert.equal(onlyProblem('{"\\u00e9\\ud83d\\ude00":1,"é😀":2}'), 'duplicate-key 1:25');
  });

  test('wherever they are, with a JSON Pointer', () => {
    const { problems } = check('[{"x/y~": {"": 1, "": 2}}]');
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['/0/x~1y~0/'],
    );
  });

  test('but not when two broken surrogates only look alike', () => {
    assert.deepEqual(check('{"\\ud800":1,"\\ud801":2,"\ufffd":3}').problems, []);
  });

  test('even for names every object inherits', () => {
    assert.equal(onlyProblem('{"__proto__":1,"__proto__":2}'), 'duplicate-key 1:16');
    assert.deepEqual(check('{"constructor":1,"toString":2}').problems, []);
  });

  test('and are reported together with the syntax error that follows', () => {
    const { problems } = check('{"a":1,"a":2,}');
    assert.deepEqual(
      problems.map(({ reason }) => reason),
      ['duplicate-key', 'syntax'],
    );
  });
});

describe('a text is refused as a whole', () => {
  test('when it is empty or only white space', () => {
    assert.equal(onlyProblem(''), 'empty 1:1');
    assert.equal(onlyProblem(' \r\n\t'), 'empty 1:1');
  });

  test('when the top level is a scalar', () => {
    for (const text of ['1', '"text"', 'null', ' true'])
      assert.match(onlyProblem(text), /^not-object-or-array/);
    assert.equal(onlyProblem('\n  7'), 'not-object-or-array 2:3');
  });

  test('when it begins with a byte order mark, and the rest is checked all the same', () => {
    const { problems } = check('\ufeff{"a":1,"a":2}');
    assert.deepEqual(
      problems.map(({ reason, offset }) => `${reason} ${offset}`),
      ['byte-order-mark 0', 'duplicate-key 10'],
    );
  });

  test('when it has one byte more than allowed', () => {
    const { problems } = check('{"a":1}', { ...LIMITS, bytesMax: 6 });
    assert.equal(problems[0]?.reason, 'too-large');
    assert.match(problems[0].message, /7 bytes; at most 6/);
  });

  test('when it is one level deeper than allowed, at the bracket that is too many', () => {
    assert.equal(onlyProblem(`${'[{"a":'.repeat(32)}[]${'}]'.repeat(32)}`), 'too-deep 1:193');
    assert.equal(onlyProblem('['.repeat(500_000)), 'too-deep 1:65');
  });

  const notUtf8: readonly [name: string, bytes: number[], place: string][] = [
    ['a lone continuation byte', [0x7b, 0x80, 0x7d], '1:2'],
    ['an overlong form', [0x5b, 0x22, 0xc0, 0xaf, 0x22, 0x5d], '1:3'],
    ['an encoded surrogate', [0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d], '1:3'],
    ['a character above U+10FFFF', [0x5b, 0x0a, 0x22, 0xf4, 0x90, 0x80, 0x80, 0x22, 0x5d], '2:2'],
    ['a character cut off by the end', [0x5b, 0x22, 0xe2, 0x82], '1:3'],
  ];
  for (const [name, bytes, place] of notUtf8) {
    test(`when it is not UTF-8: ${name}`, () => {
      assert.equal(onlyProblem(Uint8Array.from(bytes)), `invalid-utf8 ${place}`);
    });
  }
});

describe('a warning is given and the text accepted', () => {
  test('for numbers that a double cannot hold', () => {
    const text =
      '[12345678901234567890, 9007199254740993, 1e400, 1e-400, 0.1000000000000000055511151231257827]';
    const { problems, warnings } = check(text);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      warnings.map(({ reason, path, column }) => `${reason} ${path} ${column}`),
      ['/0 2', '/1 24', '/2 42', '/3 49', '/4 57'].map((place) => `number-not-exact ${place}`),
    );
    assert.match(warnings[1]!.message, /get 9007199254740992 instead of 9007199254740993/);
  });

  test('for half a surrogate pair, in keys and in values', () => {
    const { problems, warnings } = check('{"\\ud800": "\\udc00\\ud800", "fine": "\\ud83d\\ude00"}');
    assert.deepEqual(problems, []);
    assert.deepEqual(
      warnings.map(({ reason, column }) => `${reason} ${column}`),
      ['lone-surrogate 2', 'lone-surrogate 12'],
    );
  });
});

describe('places and amounts', () => {
  test('columns count code points, and LF, CR LF and CR each end a line', () => {
    assert.equal(onlyProblem('{"😀é": 01}'), 'syntax 1:8');
    assert.equal(onlyProblem('{\n"a":\r\n[\r01]}'), 'syntax 4:1');
    assert.equal(check('{"😀é": 01}').problems[0]?.offset, 11);
  });

  test('the number of problems and warnings is bounded, and what ended the scan is among them', () => {
    const { problems, warnings } = check(`{${'"a":1e999,'.repeat(500)}}`);
    assert.equal(problems.length, CONFIG_PROBLEMS_MAX);
    assert.equal(warnings.length, CONFIG_PROBLEMS_MAX);
    assert.equal(problems.at(-1)?.reason, 'syntax');
  });

  test('a very long key does not make a very long report', () => {
    const key = 'k'.repeat(10_000);
    const { problems } = check(`{"${key}":{${'"a":1,'.repeat(200)}"b":2},"${key}":1}`);
    assert.equal(problems.length, CONFIG_PROBLEMS_MAX);
    assert.ok(JSON.stringify(problems).length < 50_000);
  });

  test('eight times the text takes some eight times as long, up to a megabyte', () => {
    const shortestOf = (count: number) => {
      const text = Buffer.from(
        `[${Array.from({ length: count }, (_, index) => `{"k${index}":1}`).join(',')}]`,
      );
      assert.ok(text.length <= CONFIG_BYTES_CEILING);
      const times = Array.from({ length: 5 }, () => {
        const startedAt = performance.now();
        assert.deepEqual(check(text).problems, []);
        return performance.now() - startedAt;
      });
      return Math.min(...times);
    };
    const [part, whole] = [shortestOf(8_750), shortestOf(70_000)];
    // With the square of the length it would be 64.
    assert.ok(whole < 32 * part, `${whole} ms against ${part} ms`);
  });
});
