/** Long lists as JSON, a piece at a time: others are served between two. */
const ITEMS_AT_ONCE = 5_000;

export async function stringifyInTurns(items: readonly unknown[]): Promise<string> {
  const pieces: string[] = [];
  for (let start = 0; start < items.length; start += ITEMS_AT_ONCE) {
    // Without its brackets.
    pieces.push(JSON.stringify(items.slice(start, start + ITEMS_AT_ONCE)).slice(1, -1));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return `[${pieces.join(',')}]`;
}
