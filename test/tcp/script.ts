/**
 * Scripts of segments, one case in each file, in the manner of packetdrill. A line is a time in seconds from the start, or `+` and the
 * seconds since the line before, and what happens then:
 *
 *     config CONNECTIONS 4            arguments of TCPEndpoint besides PORT 7
 *     peer-isn 4294967000             where the other side's stream begins
 *     0.0 < S 0:0(0) win 1000 <mss 1460,sackOK,TS val 5 ecr 0,wscale 2>   a segment arrives
 *     0.0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS ecr 5,wscale 1>           a segment leaves
 *     +1  ! send 1000                 the application sends, sends its `last`, or does a `reset`
 *     +0  ? data 10                   the application is given bytes; or `opened`, `finished`, `ended`
 *     +0  nothing                     time goes on
 *     counters timeouts=1             what was counted in the end
 *
 * Sequence numbers count from the beginning of their stream. What leaves, and what the application is told, must be just what is written, in that order, at
 * that time or up to 20 ms and a hundredth later; a window or options that are not written may be anything. `:4001` in front of the flags is
 * another port of the other side.
 */

export interface Segment {
  readonly port: number;
  readonly flags: string;
  readonly start: number;
  readonly length: number;
  readonly ack?: number | undefined;
  readonly window?: number | undefined;
  readonly options?: readonly string[] | undefined;
}

export type Action =
  | { readonly kind: 'in' | 'out'; readonly segment: Segment }
  | { readonly kind: 'order' | 'told'; readonly word: string; readonly bytes: number }
  | { readonly kind: 'nothing' };

export interface Line {
  readonly number: number;
  readonly text: string;
  /** Microseconds since the start. */
  readonly at: number;
  readonly action: Action;
}

export interface Script {
  readonly config: string;
  readonly peerIsn: number;
  readonly lines: readonly Line[];
  readonly counters: Readonly<Record<string, number>>;
}

const SEGMENT = /^(?::(\d+) )?([SFPRU.EC]+|-) (\d+):(\d+)\((\d+)\)(?: ack (\d+))?(?: win (\d+))?(?: <(.*)>)?$/;

function readSegment(text: string, where: string): Segment {
  const match = SEGMENT.exec(text);
  if (match === null) throw new Error(`${where}: not a segment: ${text}`);
  const [, port, flags, start, end, length, ack, window, options] = match;
  if ((Number(start) + Number(length)) % 2 ** 32 !== Number(end)) throw new Error(`${where}: ${start} and ${length} bytes do not end at ${end}`);
  const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  return { port: Number(port ?? 4000), flags: flags!, start: Number(start), length: Number(length), ack: number(ack), window: number(window), options: options?.split(',').filter((option) => option !== '') };
}

function readAction(text: string, where: string): Action {
  if (text === 'nothing') return { kind: 'nothing' };
  const sign = text[0];
  const rest = text.slice(2);
  if (sign === '<' || sign === '>') return { kind: sign === '<' ? 'in' : 'out', segment: readSegment(rest, where) };
  const [word, bytes = '0', ...more] = rest.split(' ');
  const words = sign === '!' ? ['send', 'last', 'reset'] : sign === '?' ? ['data', 'opened', 'finished', 'ended'] : [];
  if (!words.includes(word!) || more.length > 0) throw new Error(`${where}: cannot read: ${text}`);
  return { kind: sign === '!' ? 'order' : 'told', word: word!, bytes: Number(bytes) };
}

export function readScript(file: string, text: string): Script {
  let config = '';
  let peerIsn = 5000;
  let at = 0;
  const lines: Line[] = [];
  const counters: Record<string, number> = {};
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*/, '').trim().replace(/ +/g, ' ');
    const where = `${file}:${index + 1}`;
    if (line === '') continue;
    const [first, ...others] = line.split(' ');
    const rest = others.join(' ');
    if (first === 'config') config = rest;
    else if (first === 'peer-isn') peerIsn = Number(rest);
    else if (first === 'counters') for (const pair of others) counters[pair.split('=')[0]!] = Number(pair.split('=')[1]);
    else {
      if (!/^\+?\d+(\.\d+)?$/.test(first!)) throw new Error(`${where}: begins with no time: ${line}`);
      at = Math.round(Number(first) * 1e6) + (first!.startsWith('+') ? at : 0);
      lines.push({ number: index + 1, text: line, at, action: readAction(rest, where) });
    }
  }
  return { config, peerIsn, lines, counters };
}
