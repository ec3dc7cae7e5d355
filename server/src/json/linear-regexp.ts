/**
 * The regular expressions of a JSON Schema, run in time linear in the text.
 *
 * With the language's own engine one `pattern` such as `^(a+)+$` blocks a thread for as long as its
 * author likes. RE2 has no backtracking, and for that reason no look-around and no back-references; a
 * schema that uses them is refused with the place of the pattern.
 */
import type { RegExpEngine } from 'ajv/dist/types/index.js';
import { RE2JS } from 're2js';

export type LinearRegExp = {
  readonly test: (text: string) => boolean;
  readonly toString: () => string;
};

/** Throws when the pattern is not one RE2 can run. */
export function compileLinearRegExp(pattern: string): LinearRegExp {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  return {
    test: (text) => compiled.test(text),
    // Ajv keeps compiled patterns by this text. With the one every object inherits, all patterns of a
    // schema would be taken for the same and the first would judge all values.
    toString: () => `/${pattern}/u`,
  };
}

/** The engine in the shape Ajv asks for; `code` is only used when validators are written to files. */
export const linearRegExpEngine: RegExpEngine = Object.assign(
  (pattern: string): LinearRegExp => compileLinearRegExp(pattern),
  { code: 'linearRegExpEngine' },
);
