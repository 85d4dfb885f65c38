/** Plain tables: names on the left, figures aligned on the right. */

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

export function textTable(columns: readonly Column[], rows: readonly (readonly (string | number)[])[], indent = ''): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? grouped(cell) : cell)))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? '').length)));
  return cells
    .map((row) =>
      (indent + columns.map(({ align }, index) => (align === 'right' ? (row[index] ?? '').padStart(widths[index]!) : (row[index] ?? '').padEnd(widths[index]!))).join('  ')).trimEnd(),
    )
    .join('\n');
}

/** 1234567 as `1,234,567`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

export function bytesText(bytes: number): string {
  if (bytes >= 2 ** 20) return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
  return bytes >= 2 ** 10 ? `${(bytes / 2 ** 10).toFixed(1)} KiB` : `${bytes} byte${bytes === 1 ? '' : 's'}`;
}

export function microsecondsText(microseconds: number): string {
  if (microseconds >= 1e6) return `${(microseconds / 1e6).toFixed(2)} s`;
  return microseconds >= 1000 ? `${(microseconds / 1000).toFixed(2)} ms` : `${microseconds.toFixed(0)} us`;
}
