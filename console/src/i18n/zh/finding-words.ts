/** 服务器只用英文说明草稿中的问题；这里把已知的句式写成中文。未收录的句子返回 undefined，由页面显示原文。 */
type Say = (...parts: string[]) => string;

const AT = 'the (object|array)(?: that begins at line (\\d+), column (\\d+))?';

const SENTENCES: readonly (readonly [pattern: RegExp, say: Say])[] = [
  [/^The text ends where a value was expected/, () => '内容在应有值的位置结束，请补上一个值。'],
  [
    new RegExp(`^The text ends inside ${AT}\\. Complete it and close it with "(.)"`),
    (kind, line, column, closing) =>
      `内容在${container(kind, line, column)}中结束，请补全并以 ${closing} 结尾。`,
  ],
  [/^This string has no closing quote/, () => '字符串缺少结尾引号，请在结束处补上。'],
  [
    /^A string may not contain (.+) as it is\. Write/s,
    (found) =>
      `字符串中不能直接包含${thing(found)}，请改用转义（如 \\n、\\t、\\u0000），或检查是否漏了结尾引号。`,
  ],
  [
    /^A backslash in a string must be followed/,
    () => '反斜杠后只能是 " \\ / b f n r t 之一，或 u 加四位十六进制数字。要表示反斜杠本身，请写两个反斜杠。',
  ],
  [/^This number is not complete/, () => '数字不完整：小数点两侧和指数之后都必须有数字，例如 0.5 或 1e3。'],
  [/^A number may not begin with extra zeros/, () => '数字不能以多余的 0 开头，请去掉，或改写为字符串。'],
  [/^A number may not begin with "\+"/, () => '数字不能以 + 开头，请去掉。'],
  [
    /^(.+) is not a JSON value\. Use/s,
    (found) => `${thing(found)}不是 JSON 值，请使用 true、false、null，或将文字放入双引号。`,
  ],
  [/^Strings and keys are written in double quotes/, () => '字符串和键必须使用双引号，请替换单引号。'],
  [/^JSON has no comments/, () => 'JSON 不支持注释，请删除。'],
  [
    /^Expected a value but found (.+)\. Add the value/s,
    (found) => `此处应为值，却是${thing(found)}。请补上值，或删除多余内容。`,
  ],
  [
    /^Expected ":" after the key but found (.+)\. Add the colon/s,
    (found) => `键后应为冒号，却是${thing(found)}。请补上冒号。`,
  ],
  [
    new RegExp(`^Expected "," or "(.)" in ${AT} but found (.+)\\. Add what`, 's'),
    (closing, kind, line, column, found) =>
      `${container(kind, line, column)}中此处应为逗号或 ${closing}，却是${thing(found)}。请补上缺少的符号。`,
  ],
  [
    /^There is a comma after the last (member|item)/,
    (kind) =>
      kind === 'member' ? '对象最后一个成员后多了逗号，请删除。' : '数组最后一项后多了逗号，请删除。',
  ],
  [
    /^Expected a key in double quotes but found (.+)\. Write keys/s,
    (found) => `此处应为双引号括起的键，却是${thing(found)}。`,
  ],
  [
    new RegExp(`^Found (.+) where "(.)" must close ${AT}\\. Replace`, 's'),
    (found, closing, kind, line, column) =>
      `此处应以 ${closing} 结束${container(kind, line, column)}，却是${thing(found)}。请更正，或补上缺少的括号。`,
  ],
  [
    /^The top-level value ends before this, but (.+) follows\. Remove/s,
    (found) => `最外层的值已结束，其后却还有${thing(found)}。请删除，或将全部内容放入同一个对象或数组。`,
  ],
  [/^This is nested deeper than (\d+) levels/, (levels) => `嵌套超过 ${levels} 层，请减少层级。`],
  [
    /^The text has (\d+) bytes; at most (\d+) are allowed/,
    (size, max) => `内容共 ${size} 字节，最多允许 ${max} 字节，请从此处起缩短。`,
  ],
  [
    /^The byte (0x[0-9A-F]+) here is not part/,
    (byte) => `此处的字节 ${byte} 不是 UTF-8，请以 UTF-8 编码保存。`,
  ],
  [
    /^The text begins with a byte order mark/,
    () => '内容以字节顺序标记（BOM）开头，许多 JSON 解析器会拒绝。请保存为不带 BOM 的 UTF-8。',
  ],
  [/^The text is empty/, () => '内容为空，请写入对象或数组，例如 {}。'],
  [
    /^The top level must be an object or an array/,
    () => '最外层必须是对象或数组，请将该值放入其中，例如 {"value": …}。',
  ],
  [
    /^Key (.+) appears twice in this object; the first is at line (\d+), column (\d+)/s,
    (key, line, column) =>
      `键 ${key} 在同一对象中出现两次，首次在第 ${line} 行第 ${column} 列，请删除其中一个。`,
  ],
  [
    /^Devices that read numbers as doubles get (.+) instead of (.+)\. Write fewer/s,
    (got, given) =>
      `以双精度浮点读取数字的设备会得到 ${got}，而不是 ${given}。请减少位数；若每一位都重要，请改为字符串。`,
  ],
  [
    /^This string has a \\uD800/,
    () => '字符串中有不成对的 \\uD800–\\uDFFF 转义，不代表任何字符。请写完整的一对，或删除。',
  ],
  // 以下为不符合 Schema 的说明。
  [/^is not allowed here$/, () => '此处不允许出现该成员。'],
  [/^must be equal to one of the allowed values: (.+)$/s, (values) => `只能是以下值之一：${values}。`],
  [/^must have required property '(.+)'$/s, (name) => `缺少必需的成员 ${name}。`],
  [/^must be (<=|>=|<|>) (\S+)$/, (sign, limit) => `必须 ${sign} ${limit}。`],
  [/^must be multiple of (\S+)$/, (step) => `必须是 ${step} 的整数倍。`],
  [/^must match pattern "(.+)"$/s, (pattern) => `必须匹配正则表达式 ${pattern}。`],
  [/^must match format "(.+)"$/s, (format) => `必须符合格式 ${format}。`],
  [/^must NOT have more than (\d+) characters$/, (count) => `最多 ${count} 个字符。`],
  [/^must NOT have fewer than (\d+) characters$/, (count) => `至少 ${count} 个字符。`],
  [/^must NOT have more than (\d+) (?:items|properties)$/, (count) => `最多 ${count} 项。`],
  [/^must NOT have fewer than (\d+) (?:items|properties)$/, (count) => `至少 ${count} 项。`],
  [
    /^must be ((?:(?:object|array|string|number|integer|boolean|null)(?: or )?)+)$/,
    (types) => `类型必须为 ${types?.replaceAll(' or ', ' 或 ')}。`,
  ],
  [/^must be (["{[\d-].*|true|false)$/s, (value) => `必须为 ${value}。`],
];

export function findingInChinese(message: string): string | undefined {
  for (const [pattern, say] of SENTENCES) {
    const found = pattern.exec(message);
    if (found !== null) return say(...found.slice(1));
  }
  return undefined;
}

function container(kind = '', line?: string, column?: string): string {
  const name = kind === 'object' ? '对象' : '数组';
  return line === undefined ? name : `第 ${line} 行第 ${column} 列开始的${name}`;
}

function thing(found = ''): string {
  if (found === 'a line break') return '换行';
  if (found === 'a tab') return '制表符';
  if (found === 'the end of the text') return '内容末尾';
  const hidden = /^the invisible character (U\+[0-9A-F]+)$/.exec(found)?.[1];
  return hidden === undefined ? `「${/^"(.+)"$/s.exec(found)?.[1] ?? found}」` : `不可见字符 ${hidden}`;
}
