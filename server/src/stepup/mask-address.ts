/** An address shown to somebody who should recognise it but not learn it. */

/** `+86 138****0000`, `a***@example.com`, and `a***` for anything else. */
export function maskAddress(to: string): string {
  const at = to.lastIndexOf('@');
  if (at >= 0) return `${firstOf(to.slice(0, at))}***${to.slice(at)}`;
  const compact = to.replaceAll(/[\s().-]/g, '').replace(/^00/, '+');
  if (/^\+?\d{5,}$/.test(compact)) return maskPhone(compact);
  return `${firstOf(to)}***`;
}

/** Shows the ends of a number, and never so much that fewer than four digits stay hidden. */
function maskPhone(compact: string): string {
  const mainland = /^(\+86)?(1\d{2})\d{4}(\d{4})$/.exec(compact);
  if (mainland !== null) return `${mainland[1] === undefined ? '' : '+86 '}${mainland[2]}****${mainland[3]}`;
  const plus = compact.startsWith('+') ? '+' : '';
  const digits = compact.slice(plus.length);
  if (digits.length < 10) return `${plus}****${digits.slice(-1)}`;
  return `${plus}${digits.slice(0, 2)}****${digits.slice(-4)}`;
}

/** Nothing of a name of one letter, since that would be all of it. */
function firstOf(name: string): string {
  const characters = [...name];
  return characters.length > 1 ? (characters[0] ?? '') : '';
}
