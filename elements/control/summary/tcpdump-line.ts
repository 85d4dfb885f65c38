/**
 * A line that tcpdump printed long ago, `966435175.000001 10.0.0.1.1234 > 10.0.0.2.80: S 1:1(0) win 8 (ttl 64, id 1)`, as headers. Sequence numbers that count from a
 * connection's first, as tcpdump printed them behind its SYN, become whole again.
 */
import { parseIpv4, type ArgumentScope, type Packet } from 'wirelet';
import { readStamp } from './annotation-fields.js';
import { headerPacket, IP_BYTES, ipHeader, setChecksums, TCP_BYTES, UDP_BYTES, type Seconds } from './header-packet.js';
import { parseFlags } from './transport-fields.js';

const [ICMP, TCP, UDP] = [1, 6, 17];
const [FIN, SYN, ACK] = [1, 2, 16];
const [EOL, NOP] = [0, 1];
/** Hops of packets whose line does not say it. */
const TTL = 2;
const OPTION_BYTES_MAX = 40;
/** Acknowledgements above that are taken for whole numbers, if nothing speaks against it. */
const RELATIVE_MAX = 8000;
const [DONT_FRAGMENT, MORE_FRAGMENTS, OFFSET] = [0x4000, 0x2000, 0x1fff];
const BEFORE_PORT = /^(.+)[.:]([^.:]+)$/;

/** By direction: the numbers that a connection began with, and those that were seen last. */
interface Connection {
  readonly first: [number, number];
  readonly last: [number, number];
}

/** Reads a line from its beginning on. */
class Cursor {
  at = 0;
  constructor(private readonly text: string) {}

  get rest(): string {
    return this.text.slice(this.at);
  }

  /** Takes what the expression finds here; without `^` it would find it elsewhere. */
  take(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(this.rest);
    if (found !== null) this.at += found[0].length;
    return found;
  }
}

interface Half {
  readonly address: number;
  readonly port: number;
}

/** What is known of a packet while its line is read. */
interface Draft {
  readonly data: Buffer;
  /** Bytes of its headers, and of its payload; -1: nothing was said. */
  length: number;
  payload: number;
}

export class TcpdumpLines {
  private readonly connections = new Map<string, Connection>();
  /** Whether sequence numbers are whole; undefined: it is not known yet. */
  private whole: boolean | undefined;

  constructor(private readonly withChecksums: boolean, private readonly scope: ArgumentScope) {}

  /** The packet of a line; undefined: it makes no sense. */
  packetOf(line: string): Packet | undefined {
    const [, stamp = '', ends = '', rest = ''] = /^(\S+) ([^:]*:)\s*(.*)$/.exec(line) ?? [];
    const time = timeOf(stamp);
    const protocol = protocolOf(rest);
    const between = /^(\S+) > (.+):$/.exec(ends);
    const [source, destination] = [this.halfOf(between?.[1], protocol), this.halfOf(between?.[2], protocol)];
    if (time === undefined || source === undefined || destination === undefined) return undefined;
    const data = ipHeader(protocol, TTL);
    data.writeUInt32BE(source.address, 12);
    data.writeUInt32BE(destination.address, 16);
    data.writeUInt16BE(source.port, IP_BYTES);
    data.writeUInt16BE(destination.port, IP_BYTES + 2);
    const draft: Draft = { data, length: IP_BYTES + (protocol === TCP ? TCP_BYTES : protocol === UDP ? UDP_BYTES : 0), payload: -1 };
    const cursor = new Cursor(rest);
    if (protocol === TCP) this.readTcp(cursor, draft);
    else if (protocol === UDP) draft.payload = Number(cursor.take(/^udp (\d+)/)?.[1] ?? -1);
    readEnd(cursor.rest, draft, protocol);
    return this.finish(draft, protocol, time);
  }

  private finish({ data, length, payload: told }: Draft, protocol: number, time: Seconds): Packet {
    const payload = Math.max(0, told);
    data.writeUInt16BE((length + payload) & 0xffff, 2);
    if (protocol === UDP && (data.readUInt16BE(6) & OFFSET) === 0) data.writeUInt16BE((length + payload - IP_BYTES) & 0xffff, IP_BYTES + 4);
    if (this.withChecksums) setChecksums(data, length);
    return headerPacket(data, length, { time, extraLength: payload });
  }

  /** An address and, where the protocol has them, a port; either may be a name. */
  private halfOf(text: string | undefined, protocol: number): Half | undefined {
    if (text === undefined) return undefined;
    const [, host = '', word = ''] = protocol === TCP || protocol === UDP ? (BEFORE_PORT.exec(text) ?? []) : ['', text, '0'];
    const named = this.scope.address(host, 'ipv4');
    const address = parseIpv4(host) ?? (typeof named === 'number' ? named : undefined);
    const port = /^\d+$/.test(word) ? Number(word) : (this.scope.port(word, protocol === UDP ? 'udp' : 'tcp') ?? NaN);
    return address === undefined || !(port <= 0xffff) ? undefined : { address, port };
  }

  /** Flags, sequence numbers, what is acknowledged, the window and options; where something else stands, it ends. */
  private readTcp(cursor: Cursor, draft: Draft): void {
    const { data } = draft;
    let flags = cursor.take(/^\./) === null ? parseFlags(cursor.take(/^[FSRPAUECWN]*/)![0] || '.')! & 255 : ACK;
    data[IP_BYTES + 13] = flags;
    if (!cursor.rest.startsWith(' ')) return;
    cursor.take(/^ \[bad hdr[^\]]*\](?= )/);
    cursor.take(/^ \[tcp sum ok\] |^ \[bad tcp[^\]]*\] |^./);
    let [sequence, end] = [0, 0];
    if (!cursor.rest.startsWith('a')) {
      const found = cursor.take(/^(\d+):(\d+)\(\d*\) /);
      if (found === null) return;
      [sequence, end] = [Number(found[1]) >>> 0, Number(found[2]) >>> 0];
    }
    draft.payload = (end - sequence) | 0;
    const acknowledged = cursor.take(/^ack (\d+) ?/);
    let ack = Number(acknowledged?.[1] ?? 0) >>> 0;
    if (acknowledged !== null) flags |= ACK;
    data[IP_BYTES + 13] = flags;
    let base: number | undefined;
    if ((flags & ACK) !== 0) ({ sequence, ack, base } = this.made(data, { flags, sequence, end, ack }));
    data.writeUInt32BE(sequence, IP_BYTES + 4);
    data.writeUInt32BE(ack, IP_BYTES + 8);
    data.writeUInt16BE(Number(cursor.take(/^win (\d+) ?/)?.[1] ?? 0) & 0xffff, IP_BYTES + 14);
    data.writeUInt16BE(Number(cursor.take(/^urg (\d+)[^ ]?/)?.[1] ?? 0) & 0xffff, IP_BYTES + 18);
    const options = cursor.rest.startsWith('<') ? optionsOf(cursor.take(/^<([^>]*)>?/)![1]!, base) : [];
    data.set(options, IP_BYTES + TCP_BYTES);
    draft.length += options.length;
    data[IP_BYTES + 12] = ((TCP_BYTES + options.length) / 4) << 4;
  }

  /** Whole numbers of a segment; `base`: what the other side's count from, where numbers are relative. */
  private made(data: Buffer, { flags, sequence, end, ack }: { flags: number; sequence: number; end: number; ack: number }) {
    const [a, b] = [12, 16].map((at, index) => data.subarray(at, at + 4).toString('hex') + data.subarray(IP_BYTES + 2 * index, IP_BYTES + 2 * index + 2).toString('hex')) as [string, string];
    const direction = a < b ? 1 : 0;
    const other = 1 - direction;
    const key = direction === 1 ? a + b : b + a;
    const connection: Connection = this.connections.get(key) ?? { first: [0, 0], last: [0, 0] };
    this.connections.set(key, connection);
    const { first, last } = connection;
    if ((first[0] === 0 && first[1] === 0) || (flags & SYN) !== 0) {
      first[direction] = sequence;
      first[other] = (ack - 1) >>> 0;
    } else {
      this.whole ??= ((ack - first[other]!) | 0) >= 0 && ack > RELATIVE_MAX;
      if (sequence === 0 && end === 0) sequence = end = last[direction]!;
      else if (!this.whole) [sequence, end] = [(sequence + first[direction]!) >>> 0, (end + first[direction]!) >>> 0];
      if (!this.whole) ack = (ack + first[other]!) >>> 0;
    }
    last[direction] = (end + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)) >>> 0;
    if (last[other] === 0) last[other] = ack;
    return { sequence, ack, base: this.whole === false ? first[other] : undefined };
  }
}

/** Seconds since 1970 or, as hours, minutes and seconds, of a day. */
export function timeOf(text: string): Seconds | undefined {
  const [, hours = '0', minutes = '0', rest = text] = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text) ?? [];
  const stamp = readStamp(rest);
  return stamp && { ...stamp, seconds: stamp.seconds + Number(hours) * 3600 + Number(minutes) * 60 };
}

/** What the first thing behind the addresses says. */
function protocolOf(rest: string): number {
  if (rest.startsWith('i')) return ICMP;
  if (/^\[?u/.test(rest)) return UDP;
  return /^[.A-Z]/.test(rest) ? TCP : 0;
}

const word16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
const word32 = (value: number): number[] => [...word16(value >>> 16), ...word16(value)];

/** TCP options as they are printed; what is none, or not all of one, is left out. */
function optionsOf(text: string, base: number | undefined): number[] {
  const options = text.split(',').flatMap((option) => optionOf(option, base)).slice(0, OPTION_BYTES_MAX);
  while (options.length % 4 !== 0) options.push(EOL);
  return options;
}

function optionOf(text: string, base: number | undefined): number[] {
  const numbers = (text.match(/\d+/g) ?? []).map((digits) => Number(digits) >>> 0);
  const [a = 0, b = 0] = numbers;
  if (text === 'nop') return [NOP];
  if (text === 'eol') return [EOL];
  if (/^mss \d+$/.test(text)) return [2, 4, ...word16(a)];
  if (/^wscale \d+$/.test(text)) return [3, 3, a & 255];
  if (text === 'sackOK') return [4, 2];
  if (/^timestamp \d+ \d+$/.test(text)) return [8, 10, ...word32(a), ...word32(b)];
  const sack = /^sack sack (\d+) *((?:\{\d+:\d+\})*) *$/.exec(text);
  if (sack === null) return [];
  return [5, (a * 8 + 2) & 255, ...numbers.slice(1).flatMap((edge) => word32((edge + (base ?? 0)) >>> 0))];
}

/** What stands in parentheses or brackets at the end of a line: TTL, identification, fragments, length. */
function readEnd(text: string, draft: Draft, protocol: number): void {
  for (let rest = text.trimEnd(); rest.endsWith(')') || rest.endsWith(']'); ) {
    const open = rest.lastIndexOf(rest.endsWith(')') ? '(' : '[', rest.length - 2);
    if (open < 0) return;
    const items = new Cursor(rest.slice(open + 1, -1));
    while (readItem(items, draft, protocol)) items.take(/^[,\s]*/);
    rest = rest.slice(0, open).trimEnd();
  }
}

function readItem(items: Cursor, draft: Draft, protocol: number): boolean {
  const { data } = draft;
  const found = items.take(/^(?:tos 0x([0-9a-f]+)|ECT\(([01])\)|(CE)|(DF)|frag (\d+):(\d+)@(\d+)(\+?)|ttl (\d+)|id (\d+)|len (\d+))/i);
  if (found === null) return false;
  const [, service, capable, congested, whole, id, bytes, offset, more, ttl, identification, length] = found;
  if (service !== undefined) data[1] = parseInt(service, 16) & 255;
  if (capable !== undefined) data[1] = (data[1]! & ~3) | (capable === '0' ? 1 : 2);
  if (congested !== undefined) data[1] = data[1]! | 3;
  if (whole !== undefined) data.writeUInt16BE(data.readUInt16BE(6) | DONT_FRAGMENT, 6);
  if (ttl !== undefined) data[8] = Number(ttl) & 255;
  if (identification !== undefined) data.writeUInt16BE(Number(identification) & 0xffff, 4);
  if (id !== undefined) {
    data.writeUInt16BE(Number(id) & 0xffff, 4);
    draft.payload = Number(bytes);
    data.writeUInt16BE((data.readUInt16BE(6) & ~OFFSET) | (Math.trunc(Number(offset) / 8) & OFFSET) | (more === '+' ? MORE_FRAGMENTS : 0), 6);
  }
  if (length !== undefined) heedLength(draft, Number(length), protocol);
  return true;
}

/** The length of the whole packet says how long the payload is or, where that is known, that there are options which the line does not tell. */
function heedLength(draft: Draft, length: number, protocol: number): void {
  const { data } = draft;
  if (draft.payload < 0 || length === draft.length + draft.payload) {
    draft.payload = length - draft.length;
    return;
  }
  const headers = length - draft.payload;
  if (protocol !== TCP || headers < IP_BYTES + TCP_BYTES || headers > IP_BYTES + TCP_BYTES + OPTION_BYTES_MAX) return;
  draft.length = headers;
  data[IP_BYTES + 12] = ((headers - IP_BYTES) >> 2) << 4;
}
