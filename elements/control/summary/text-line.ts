/** Lines of a file that is read as a whole. */

/** The line that begins at byte `at`, without its end, and where the next one does; undefined: there is none. A line ends with LF, CR, or both. */
export function lineAt(data: Buffer, at: number): { readonly text: string; readonly next: number } | undefined {
  if (at >= data.length) return undefined;
  let end = at;
  while (end < data.length && data[end] !== 10 && data[end] !== 13) end += 1;
  return { text: data.toString('latin1', at, end), next: Math.min(data.length, end + (data[end] === 13 && data[end + 1] === 10 ? 2 : 1)) };
}
