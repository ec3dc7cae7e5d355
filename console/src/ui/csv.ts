/**
 * CSV (RFC 4180) for spreadsheets.
 *
 * A cell that a spreadsheet would take for a formula is led by an apostrophe: what devices and people wrote
 * must not run on the computer of whoever opens the file.
 */
export type Cell = string | number | null | undefined;

/** So that spreadsheets take the file for UTF-8. */
export const CSV_BYTE_ORDER_MARK = '\uFEFF';

export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  // A number of ours is no formula, also with a minus sign.
  if (typeof cell === 'number') return String(cell);
  const safe = /^[\s]*[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands a text that was made in the page to the person, as a file. */
export function saveAsFile(name: string, parts: readonly string[], type = 'text/csv;charset=utf-8'): void {
  const address = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Not before the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
