/** One flow as lines of a packet summary, or as its records: times, sequence numbers and acknowledgements count from the flow's first. */
import { formatIpv4, type Packet } from 'wirelet';
import { stampText } from './annotation-fields.js';
import { optionBytes } from './field.js';
import { record } from './record.js';
import { u16, u32 } from './summarized.js';
import { tcpOptionsText } from './tcp-options.js';
import { flagsText } from './transport-fields.js';

const [ICMP, TCP, UDP] = [1, 6, 17];
const NANOSECONDS = 1_000_000_000n;
/** Flags that lines show; records have them all. */
const [ACK, SHOWN_FLAGS] = [0x10, 0x7f];
/** Lengths of TCP options: one that is no such number is not believed, and neither are the others. */
const OPTION_BYTES: Readonly<Record<number, number>> = { 2: 4, 3: 3, 4: 2, 8: 10 };
const SACK = 5;

export interface FlowOptions {
  readonly absolute_time: boolean;
  readonly absolute_seq: boolean;
  readonly all_tcp_opt: boolean;
  readonly tcp_opt: boolean;
  readonly tcp_window: boolean;
  readonly ip_id: boolean;
  readonly binary: boolean;
}

/** Whether packets of that kind have flows: TCP, UDP, and ICMP errors about them. */
export function headersOf(packet: Packet): { readonly data: Uint8Array; readonly ip: number; readonly transport: number; readonly protocol: number } | undefined {
  if (!packet.hasNetworkHeader || packet.networkHeaderOffset < 0 || packet.networkLength < 20) return undefined;
  const data = packet.data();
  const ip = packet.networkHeaderOffset;
  const protocol = data[ip + 9]!;
  const transport = ip + (data[ip]! & 15) * 4;
  const least = protocol === TCP ? 20 : protocol === UDP ? 8 : protocol === ICMP ? 36 : Infinity;
  return data.length < transport + least ? undefined : { data, ip, transport, protocol };
}

const timeOf = (packet: Packet): bigint => BigInt(packet.timestampSeconds) * NANOSECONDS + BigInt(packet.timestampNanoseconds);

function timeText(nanoseconds: bigint): string {
  return stampText({ seconds: Number(nanoseconds / NANOSECONDS), nanoseconds: Number(nanoseconds % NANOSECONDS) });
}

/** What is told of a TCP segment; numbers count from the flow's first. */
interface Segment {
  readonly flags: number;
  readonly sequence: number;
  readonly length: number;
  readonly acknowledged: number;
  readonly window: number;
  readonly options: Uint8Array;
}

export class FlowDump {
  packets = 0;
  /** Lines with their ends, or records. */
  private readonly pieces: Uint8Array[] = [];
  private readonly protocol: number;
  private readonly flow: string;
  private readonly first: bigint;
  /** By direction: the first sequence number, once it is known. */
  private readonly firstSequence: [number | undefined, number | undefined];

  /** `packet` is the flow's first. */
  constructor(packet: Packet, private readonly aggregate: number, private readonly options: FlowOptions) {
    const { data, ip, transport, protocol } = headersOf(packet)!;
    // Of an error, what it is about counts.
    const inner = protocol === ICMP ? transport + 8 : ip;
    const ports = protocol === ICMP ? inner + (data[inner]! & 15) * 4 : transport;
    this.protocol = data[inner + 9]!;
    const ends = [`${formatIpv4(u32(data, inner + 12))} ${u16(data, ports)}`, `${formatIpv4(u32(data, inner + 16))} ${u16(data, ports + 2)}`];
    if ((packet.paint & 1) !== 0) ends.reverse();
    this.flow = `${ends.join(' ')} ${this.protocol === TCP ? 'T' : 'U'}`;
    this.firstSequence = options.absolute_seq ? [0, 0] : [undefined, undefined];
    const time = timeOf(packet);
    // The first packet is a nanosecond after the beginning: a time of 0 would be none.
    this.first = options.absolute_time || time === 0n ? 0n : time - 1n;
  }

  /** What is known of the flow before its first packet. */
  private header(): string {
    const tcp = this.protocol === TCP;
    const lines = ['!IPSummaryDump 1.3', `!flowid ${this.flow}`, `!aggregate ${this.aggregate}`, `!data ${this.fields().join(' ')}`];
    for (const [direction, sequence] of this.firstSequence.entries()) if (tcp && sequence !== undefined && sequence !== 0) lines.push(`!firstseq ${'><'[direction]} ${sequence}`);
    if (this.first !== 0n) lines.push(`!firsttime ${timeText(this.first)}`);
    if (this.options.binary) lines.push('!binary');
    return `${lines.join('\n')}\n`;
  }

  /** Names of the fields, in the order in which they stand. */
  private fields(): string[] {
    const { all_tcp_opt: all, ip_id, tcp_window, binary } = this.options;
    const tcp = this.protocol === TCP;
    const id = ip_id ? ['ip_id'] : [];
    const window = tcp && tcp_window ? ['tcp_window'] : [];
    const options = tcp ? [all ? 'tcp_opt' : 'tcp_ntopt'] : [];
    const numbers = tcp ? ['tcp_seq', 'payload_len', 'tcp_ack'] : ['payload_len'];
    const flags = tcp ? ['tcp_flags'] : [];
    return binary ? ['ntimestamp', ...numbers, ...id, ...window, ...flags, 'direction', ...options] : ['ntimestamp', 'direction', ...id, ...flags, ...numbers, ...window, ...options];
  }

  /** What there is since the last time, the header before the first of it. */
  take(begun: boolean): Buffer {
    return Buffer.concat([...(begun ? [] : [Buffer.from(this.header())]), ...this.pieces.splice(0)]);
  }

  get waiting(): number {
    return this.pieces.length;
  }

  add(packet: Packet): void {
    this.packets += 1;
    const direction = (packet.paint & 1) as 0 | 1;
    const { binary, ip_id } = this.options;
    if (packet.paint >= 2) {
      const note = Buffer.from(`#${timeText(timeOf(packet))} ${'<>'[direction]} ICMP_error\n`);
      this.pieces.push(binary ? record(note, true) : note);
      return;
    }
    const { data, ip, transport } = headersOf(packet)!;
    const elapsed = timeOf(packet) - this.first;
    const time = elapsed < 0n ? 0n : elapsed;
    const bytes = u16(data, ip + 2) - (transport - ip);
    const segment = this.protocol === TCP ? this.segmentAt(data, transport, bytes, direction) : undefined;
    const length = segment?.length ?? bytes - 8;
    const id = ip_id ? u16(data, ip + 4) : undefined;
    this.pieces.push(binary ? record(this.fieldsOf(time, direction, length, id, segment), false) : Buffer.from(`${this.words(time, direction, length, id, segment).join(' ')}\n`));
  }

  private words(time: bigint, direction: 0 | 1, length: number, id: number | undefined, segment: Segment | undefined): string[] {
    const words = [timeText(time), '><'[direction]!, ...(id === undefined ? [] : [String(id)])];
    if (segment === undefined) return [...words, String(length)];
    words.push(flagsText(segment.flags & SHOWN_FLAGS), String(segment.sequence), String(length), String(segment.acknowledged));
    if (this.options.tcp_window) words.push(String(segment.window));
    if (segment.options.length > 0) words.push(tcpOptionsText(segment.options, this.options.all_tcp_opt ? 'all' : 'not-timestamps'));
    return words;
  }

  private fieldsOf(time: bigint, direction: 0 | 1, length: number, id: number | undefined, segment: Segment | undefined): Uint8Array {
    const number = (value: number, bytes: 1 | 2 | 4) => {
      const made = Buffer.alloc(bytes);
      made.writeUIntBE(bytes === 4 ? value >>> 0 : value, 0, bytes);
      return made;
    };
    // As the field ntimestamp is read: the nanoseconds first.
    const stamp = [number(Number(time % NANOSECONDS), 4), number(Number(time / NANOSECONDS), 4)];
    const own = id === undefined ? [] : [number(id, 2)];
    if (segment === undefined) return Buffer.concat([...stamp, number(length, 4), ...own, number(direction, 1)]);
    const { sequence, acknowledged, flags, window, options } = segment;
    const windows = this.options.tcp_window ? [number(window, 2)] : [];
    return Buffer.concat([...stamp, number(sequence, 4), number(length, 4), number(acknowledged, 4), ...own, ...windows, number(flags, 1), number(direction, 1), optionBytes(options)]);
  }

  private segmentAt(data: Uint8Array, at: number, bytes: number, direction: 0 | 1): Segment {
    const flags = data[at + 13]!;
    const header = (data[at + 12]! >>> 4) * 4;
    const other = (1 - direction) as 0 | 1;
    const sequence = u32(data, at + 4);
    this.firstSequence[direction] ??= sequence;
    let acknowledged = 0;
    if ((flags & ACK) !== 0) {
      const number = u32(data, at + 8);
      this.firstSequence[other] ??= number;
      acknowledged = (number - this.firstSequence[other]) >>> 0;
    }
    const wanted = this.options.tcp_opt || this.options.all_tcp_opt;
    return {
      flags,
      sequence: (sequence - this.firstSequence[direction]) >>> 0,
      length: bytes - header,
      acknowledged,
      window: u16(data, at + 14),
      options: wanted ? this.optionsOf(data.subarray(at + 20, at + header), other) : new Uint8Array(),
    };
  }

  /** Maximum segment size, window scale, SACK with numbers that count from the first, and time stamps where those are wanted; nothing where they are malformed. */
  private optionsOf(options: Uint8Array, other: 0 | 1): Uint8Array {
    const kept: number[] = [];
    for (let at = 0; at < options.length && options[at] !== 0; ) {
      const kind = options[at]!;
      if (kind === 1) {
        at += 1;
        continue;
      }
      const size = options[at + 1] ?? 0;
      if (size < 2 || at + size > options.length || size !== (OPTION_BYTES[kind] ?? size) || (kind === SACK && size % 8 !== 2)) return new Uint8Array();
      const option = options.slice(at, at + size);
      if (kind === SACK) {
        const view = new DataView(option.buffer, option.byteOffset, option.length);
        for (let edge = 2; edge + 4 <= size; edge += 4) {
          this.firstSequence[other] ??= view.getUint32(edge);
          view.setUint32(edge, view.getUint32(edge) - this.firstSequence[other]);
        }
      }
      if ([2, 3, 4, 5].includes(kind) || (kind === 8 && this.options.all_tcp_opt)) kept.push(...option);
      at += size;
    }
    return Uint8Array.from(kept);
  }
}
