/** Readers of arguments, and options that several commands have. */

import { type Page, pages } from '@opencota/contract/http/client';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** A whole number from `min`. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[0-9]+$/.test(text) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

export function onOrOff(text: string): boolean {
  if (text === 'on' || text === 'true') return true;
  if (text === 'off' || text === 'false') return false;
  throw new InvalidArgumentError('It must be on or off.');
}

/** For an option that may be given often, or with commas. */
export function collect(text: string, before: readonly string[] | undefined): string[] {
  const parts = text.split(',').map((part) => part.trim());
  return [...(before ?? []), ...parts.filter((part) => part !== '')];
}

export const yesOption = () => new Option('-y, --yes', 'do not ask for confirmation');

export type ListOptions = { limit?: number; cursor?: string; all?: boolean };
const PAGE_LIMIT_MAX = 500;

export function listOptions(command: Command, limit: number): Command {
  return command
    .option('--limit <n>', `how many to show (default: ${limit})`, wholeNumber(1, PAGE_LIMIT_MAX))
    .option('--cursor <text>', 'nextCursor of an earlier page')
    .option('--all', 'show all pages');
}

type List<Item> = (query: { limit: number; cursor?: string | undefined }) => Promise<Page<Item>>;

/** One page, or all of them. */
export async function readList<Item>(
  list: List<Item>,
  { limit, cursor, all }: ListOptions,
  limitDefault: number,
): Promise<Page<Item>> {
  if (!all) return list({ limit: limit ?? limitDefault, cursor });
  const items: Item[] = [];
  for await (const item of pages((next) => list({ limit: PAGE_LIMIT_MAX, cursor: next ?? cursor })))
    items.push(item);
  return { items, nextCursor: null };
}
