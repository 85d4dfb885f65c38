/** Marks before a line that say where it goes; the driver takes them off. An appliance has its console alone. */

type Mark = 'file' | 'channel' | 'few';

/** For a line that is written to a file. */
export const fileMark = (file: string): string => `\u0001file ${file}\u0001`;

/** For a line that goes to the channel of a ChatterSocket; the default channel needs none. */
export const channelMark = (channel: string): string => (channel === '' || channel === 'default' ? '' : `\u0001channel ${channel}\u0001`);

/** For lines of which there are so many at most in all configurations of a run, of whatever elements: those that begin with `text`. */
export const fewMark = (linesMax: number, text: string): string => `\u0001few ${linesMax} ${text}\u0001`;

/** Where a line goes, and what is left of it; `kind` undefined: to the terminal. */
export function readMark(line: string): { kind?: Mark; name: string; line: string } {
  const found = /^\u0001(file|channel|few) ([^\u0001]*)\u0001([\s\S]*)$/.exec(line);
  return found === null ? { name: '', line } : { kind: found[1] as Mark, name: found[2]!, line: found[3]! };
}
