/** Comma-separated values (RFC 4180). */

/** Rows with the names of the columns first; null is an empty field. */
export function csvText(rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null) => (value === null ? '' : /[",\r\n]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : String(value));
  return `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
