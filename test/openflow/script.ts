/**
 * Scripts of messages, one case in each file. The switch has three ports and connections 0 (the controller that it connected to) and 1 to
 * 3 (who connected to it). A line is a time in seconds from the start, or `+` and the seconds since the line before, and what happens then:
 *
 *     config FAIL standalone          arguments of OpenFlowAgent besides the names of the switch; `switch ...` those of OpenFlowSwitch
 *     let match = 0001 000a ...       a name for bytes
 *     0   open 0                      connection 0 is there; `finish 0`: the other side says no more; `end 0`: it is gone
 *     +0  < 0 04 05 0008 00000001     bytes arrive on connection 0, whole messages or not
 *     +0  > 0 04 06 0020 00000001 ..  a message leaves on it: just these bytes; `..` is any byte, `..*8` eight of them, `00*6` six zeros
 *     +0  reset 0                     the switch resets the connection; `closed 0`: it says no more
 *     +0  frame 1 0200...             a frame arrives at port 1
 *     +0  sent 2 0200...              a frame leaves by port 2
 *     +1  nothing                     time goes on
 *
 * `NAME` in braces stands for the bytes that `let` gave it; `#` begins a comment. What leaves must be just what is written, in that
 * order for each connection and port, at that time or up to 20 ms later.
 */

/** What is put in, by the first byte of what the test graph takes for a connection: see scripts.test.ts. */
export const EVENTS = ['data', 'open', 'finish', 'end'] as const;

export interface Line {
  readonly number: number;
  readonly text: string;
  /** Microseconds since the start. */
  readonly at: number;
  /** Put in: `<`, `open`, `finish`, `end`, `frame`, `nothing`; expected: `>`, `reset`, `closed`, `sent`. */
  readonly kind: string;
  /** Connection or port. */
  readonly place: number;
  /** Two hexadecimal digits each, or `..` where any will do. */
  readonly bytes: readonly string[];
}

export interface Script {
  readonly agent: string;
  readonly flows: string;
  readonly lines: readonly Line[];
}

const KINDS = ['<', '>', 'open', 'finish', 'end', 'reset', 'closed', 'frame', 'sent', 'nothing'];

export function readScript(file: string, text: string): Script {
  const names = new Map<string, string>();
  let [agent, flows, at] = ['', '', 0];
  const lines: Line[] = [];
  const bytesOf = (source: string, where: string): string[] => {
    const plain = source.replace(/\{(\w+)\}/g, (_, name: string) => {
      const bytes = names.get(name);
      if (bytes === undefined) throw new Error(`${where}: nothing is named ${name}`);
      return bytes;
    });
    return plain.split(/\s+/).filter((word) => word !== '').flatMap((word) => {
      const match = /^((?:[0-9a-f]{2}|\.\.)+)(?:\*(\d+))?$/i.exec(word);
      if (match === null) throw new Error(`${where}: these are no bytes: ${word}`);
      return Array.from({ length: Number(match[2] ?? 1) }, () => match[1]!.toLowerCase().match(/../g)!).flat();
    });
  };
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*/, '').trim();
    const where = `${file}:${index + 1}`;
    if (line === '') continue;
    const [first, kind = '', place = '0', ...rest] = line.split(/\s+/);
    if (first === 'config') agent = line.slice(7);
    else if (first === 'switch') flows = line.slice(7);
    else if (first === 'let') {
      const match = /^let (\w+) *= *(.*)$/.exec(line);
      if (match === null) throw new Error(`${where}: not a name and bytes: ${line}`);
      names.set(match[1]!, bytesOf(match[2]!, where).join(' '));
    } else {
      if (!/^\+?\d+(\.\d+)?$/.test(first!) || !KINDS.includes(kind)) throw new Error(`${where}: cannot read: ${line}`);
      at = Math.round(Number(first) * 1e6) + (first!.startsWith('+') ? at : 0);
      lines.push({ number: index + 1, text: line, at, kind, place: Number(place), bytes: bytesOf(rest.join(' '), where) });
    }
  }
  return { agent, flows, lines };
}

/** Whether bytes are as they are written. */
export function matches(expected: readonly string[], hex: string): boolean {
  return hex.length === expected.length * 2 && expected.every((byte, index) => byte === '..' || byte === hex.slice(index * 2, index * 2 + 2));
}
