/** The deliveries of a rollout as CSV, read page by page, so that a large rollout costs the server no more than a person who pages. */
import type { DeliveryView } from '@opencota/contract/http/devices';
import type { Static } from 'typebox';
import { CSV_BYTE_ORDER_MARK, csvLine } from '../../ui/csv.ts';

export type Delivery = Static<typeof DeliveryView>;
type DeliveryPage = { items: readonly Delivery[]; nextCursor: string | null };

/** What a spreadsheet still opens; the API has the rest. */
export const CSV_ROWS_MAX = 200_000;

const COLUMNS = [
  'deviceName',
  'state',
  'open',
  'version',
  'attempt',
  'code',
  'message',
  'sentAt',
  'receivedAt',
  'downloadedAt',
  'appliedAt',
  'endedAt',
] as const satisfies readonly (keyof Delivery)[];

type Options = {
  /** The next page; throws when the person has had enough. */
  read: (cursor: string | undefined) => Promise<DeliveryPage>;
  onProgress: (rows: number) => void;
  rowsMax?: number;
};

export async function readDeliveriesCsv({ read, onProgress, rowsMax = CSV_ROWS_MAX }: Options) {
  const parts = [CSV_BYTE_ORDER_MARK, csvLine(COLUMNS)];
  let rows = 0;
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    const items = page.items.slice(0, rowsMax - rows);
    parts.push(items.map(lineOf).join(''));
    rows += items.length;
    onProgress(rows);
    cursor = page.nextCursor ?? undefined;
    if (rows === rowsMax && (cursor !== undefined || items.length < page.items.length))
      return { parts, rows, isCut: true };
  } while (cursor !== undefined);
  return { parts, rows, isCut: false };
}

function lineOf(delivery: Delivery): string {
  return csvLine(
    COLUMNS.map((name) => {
      const value = delivery[name];
      return typeof value === 'boolean' ? String(value) : value;
    }),
  );
}
