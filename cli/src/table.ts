/** Tables and lists of fields for people, aligned by what is seen on the terminal. */
import { clean, cutTo, padTo, textWidth } from './text.ts';

export type Style = (kind: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string;

export type Column<Row> = {
  title: string;
  value(row: Row): string | number;
  align?: 'right';
  /** Colours a cell that is already padded. */
  paint?(cell: string, row: Row): string;
};

const GAP = '  ';

export type TableLook = {
  style: Style /** Columns of the terminal; undefined: not one. */;
  width: number | undefined;
};

/** Only the last column is cut, where the terminal ends. A column in which nothing stands is left out. */
export function renderTable<Row>(
  given: readonly Column<Row>[],
  rows: readonly Row[],
  { style, width }: TableLook,
): string {
  const columns = given.filter(({ value }) => rows.length === 0 || rows.some((row) => value(row) !== ''));
  const cells = rows.map((row) => columns.map((column) => clean(String(column.value(row)))));
  const widths = columns.map(({ title }, index) =>
    Math.max(textWidth(title), ...cells.map((row) => textWidth(row[index]!))),
  );
  const last = columns.length - 1;
  const before = widths.slice(0, last).reduce((sum, each) => sum + each + GAP.length, 0);
  if (width !== undefined) widths[last] = Math.max(8, Math.min(widths[last]!, width - before));
  const fit = (text: string, index: number) => {
    const { align } = columns[index]!;
    if (index < last) return padTo(text, widths[index]!, align);
    const cut = cutTo(text, widths[index]!);
    return align === 'right' ? padTo(cut, widths[index]!, align) : cut;
  };
  const head = columns.map(({ title }, index) => style('dim', fit(title, index))).join(GAP);
  const body = cells.map((row, at) =>
    row
      .map((text, index) => {
        const cell = fit(text, index);
        return columns[index]!.paint?.(cell, rows[at]!) ?? cell;
      })
      .join(GAP)
      .trimEnd(),
  );
  return [head.trimEnd(), ...body].join('\n');
}

export type Field = readonly [name: string, value: string | number | undefined];

/** Names and values, a line each; a field without a value is left out. */
export function renderFields(fields: readonly Field[], style: Style): string {
  const given = fields.filter((field) => field[1] !== undefined && field[1] !== '');
  const width = Math.max(...given.map(([name]) => textWidth(name)));
  return given
    .map(([name, value]) => `${style('dim', padTo(name, width))}${GAP}${clean(String(value))}`)
    .join('\n');
}
