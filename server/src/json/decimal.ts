/**
 * Compares JSON numbers by the decimal value that was typed, as text.
 *
 * A device's JSON library may keep 12345678901234567890 or lose its last digits in a double, so what
 * counts is the value as written. Values are compared by their digits and exponent and never
 * computed: 1e999999999 is a short text with a billion digits.
 */

/** Up to this many characters without an exponent there are at most 15 digits, which every double keeps. */
const ALWAYS_EXACT_LENGTH = 15;
/** Numbers with a larger exponent are compared by their spelling; below it the arithmetic here is exact. */
const EXPONENT_MAX = 1e15;

/**
 * One spelling for each decimal value: `1.0`, `1` and `10e-1` are all `1e0`; zero has no sign.
 * Expects the text of a JSON number.
 */
export function canonicalDecimal(text: string): string {
  const isNegative = text.startsWith('-');
  const mark = text.search(/[eE]/);
  const typedExponent = mark < 0 ? 0 : Number(text.slice(mark + 1));
  const mantissa = text.slice(isNegative ? 1 : 0, mark < 0 ? undefined : mark);
  const dot = mantissa.indexOf('.');
  const digits = dot < 0 ? mantissa : mantissa.slice(0, dot) + mantissa.slice(dot + 1);
  let first = 0;
  while (digits[first] === '0') first += 1;
  if (first === digits.length) return '0';
  if (Math.abs(typedExponent) > EXPONENT_MAX) return text;
  let last = digits.length;
  while (digits[last - 1] === '0') last -= 1;
  const fractionLength = dot < 0 ? 0 : mantissa.length - dot - 1;
  const exponent = typedExponent - fractionLength + (digits.length - last);
  return `${isNegative ? '-' : ''}${digits.slice(first, last)}e${exponent}`;
}

/** Whether reading the number as an IEEE double and printing it again gives the same decimal value. */
export function isExactAsDouble(text: string): boolean {
  if (text.length <= ALWAYS_EXACT_LENGTH && !/[eE]/.test(text)) return true;
  const canonical = canonicalDecimal(text);
  if (canonical === '0') return true;
  const value = Number(text);
  return Number.isFinite(value) && value !== 0 && canonicalDecimal(String(value)) === canonical;
}
