/** The audit log as a file, read page by page, newest first, up to a limit that is said. */
import type { AuditView } from '@opencota/contract/http/people';
import type { Static } from 'typebox';
import { CSV_BYTE_ORDER_MARK, csvLine } from '../../ui/csv.ts';

export type AuditEntry = Static<typeof AuditView>;
export type ExportFormat = 'csv' | 'json';
type AuditPage = { items: readonly AuditEntry[]; nextCursor: string | null };

/** What a spreadsheet and a browser's memory still take; the API has the rest. */
export const EXPORT_ENTRIES_MAX = 100_000;
export const EXPORT_PAGE_ENTRIES = 500;

const COLUMNS = ['id', 'at', 'actor', 'remoteAddress', 'action', 'outcome', 'productKey', 'target'] as const;

type Options = {
  format: ExportFormat;
  read: (cursor: string | undefined) => Promise<AuditPage>;
  /** Looked at between two pages. */
  signal: AbortSignal;
  onProgress: (entries: number) => void;
  entriesMax?: number;
};

/** `isCut`: there are older entries that are not in the file. */
export type Exported = { parts: string[]; entries: number; isCut: boolean };

export async function exportAudit(options: Options): Promise<Exported> {
  const { format, read, signal, onProgress, entriesMax = EXPORT_ENTRIES_MAX } = options;
  const parts = format === 'csv' ? [CSV_BYTE_ORDER_MARK, csvLine([...COLUMNS, 'detail'])] : ['['];
  let entries = 0;
  let cursor: string | undefined;
  let isCut = false;
  do {
    signal.throwIfAborted();
    const page = await read(cursor);
    const items = page.items.slice(0, entriesMax - entries);
    parts.push(items.map((entry, index) => textOf(entry, format, entries + index === 0)).join(''));
    entries += items.length;
    onProgress(entries);
    cursor = page.nextCursor ?? undefined;
    isCut = items.length < page.items.length || (entries >= entriesMax && cursor !== undefined);
  } while (cursor !== undefined && !isCut);
  if (format === 'json') parts.push('\n]\n');
  return { parts, entries, isCut };
}

function textOf(entry: AuditEntry, format: ExportFormat, isFirst: boolean): string {
  if (format === 'json') return `${isFirst ? '\n' : ',\n'}${JSON.stringify(entry)}`;
  return csvLine([...COLUMNS.map((name) => entry[name]), JSON.stringify(entry.detail)]);
}
