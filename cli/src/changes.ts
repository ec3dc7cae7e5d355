/** What changed between two versions, in a few lines. */
import type { Client } from '@opencota/contract/http/client';
import type { Style } from './table.ts';
import { clean, cutTo } from './text.ts';

export type Diff = Pick<
  Awaited<ReturnType<Client['versions']['diff']>>,
  'changes' | 'truncated' | 'textOnly'
>;
const VALUE_CHARS = 40;

/** `+` added, `-` removed, `~` replaced; at most so many lines. */
export function sayChanges(
  { changes, truncated, textOnly }: Diff,
  style: Style,
  max = Number.POSITIVE_INFINITY,
): string {
  if (textOnly) return 'Only the spelling differs; the meaning is the same.';
  const lines = changes.slice(0, max).map(({ op, path, from = '', to = '' }) => {
    const place = clean(path || '(the top)');
    const [before, after] = [from, to].map((value) => cutTo(clean(value), VALUE_CHARS));
    if (op === 'add') return style('green', `+ ${place}  ${after}`);
    if (op === 'remove') return style('red', `- ${place}  ${before}`);
    return style('yellow', `~ ${place}  ${before} → ${after}`);
  });
  const rest = changes.length - lines.length;
  if (rest > 0 || truncated) lines.push(style('dim', `… and ${truncated ? 'more' : `${rest} more`}`));
  return lines.join('\n');
}
