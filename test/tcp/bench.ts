/** Plays a script against TCPEndpoint: what arrives is made of its lines, what leaves is compared with them. */
import type { CheckedGraph } from '#src/graph/graph.js';
import { Engine } from '#src/run/node/engine.js';
import { internetChecksum } from '../configs/frame.js';
import type { InputFrame } from '../differential/replay.js';
import { clickGraph } from '../elements/click-graph.js';
import type { Line, Script, Segment } from './script.js';

export const START_NS = 1_000_000_000_000_000_000n;
const START_US = Number(START_NS / 1000n);
const OWN = Buffer.from([10, 0, 0, 1]);
const PEER = Buffer.from([10, 0, 0, 2]);
const OWN6 = Buffer.from('20010db8000000000000000000000001', 'hex');
const PEER6 = Buffer.from('20010db8000000000000000000000002', 'hex');
const OWN_PORT = 7;
/** The wheel of timers has buckets of 10 ms, and looks at one a round. */
const LATE_US = 20_000;
/** Each time that follows another adds to what the wheel is late. */
const late = (at: number) => at + LATE_US + 0.01 * at;
const EARLY_US = 1000;
const FLAGS = 'FSRP.UEC';
const TOLD = ['data', 'opened', 'finished', 'ended'];

/** Whether the segments of a script with these arguments go over IPv6. */
function isOver6(config: string): boolean {
  return /\bIPV6 true\b/.test(config);
}

/** The packet with a segment whose addresses, or those that its answer has, and checksum are filled in. */
function packetOf(over6: boolean, segment: Buffer): Buffer {
  const [peer, own] = over6 ? [PEER6, OWN6] : [PEER, OWN];
  const header = Buffer.alloc(over6 ? 40 : 20);
  peer.copy(header, over6 ? 8 : 12);
  own.copy(header, over6 ? 24 : 16);
  if (over6) {
    header.writeUInt32BE(0x6000_0000, 0);
    header.writeUInt16BE(segment.length, 4);
    header[6] = 6;
    header[7] = 64;
  } else {
    header.writeUInt16BE(0x4500, 0);
    header.writeUInt16BE(20 + segment.length, 2);
    header[8] = 64;
    header[9] = 6;
    header.writeUInt16BE(internetChecksum(header), 10);
  }
  segment.writeUInt16BE(segmentChecksum(peer, own, segment), 16);
  return Buffer.concat([header, segment]);
}

/** The checksum over a segment and its pseudo-header (RFC 9293, 3.1); of a segment with a right one, 0. */
export function segmentChecksum(source: Uint8Array, destination: Uint8Array, segment: Uint8Array): number {
  return internetChecksum(Buffer.concat([source, destination, Buffer.from([0, 6, segment.length >> 8, segment.length & 255]), segment, Buffer.alloc(segment.length % 2)]));
}

export function endpointGraph(config: string): Promise<CheckedGraph> {
  const role = /\bCONNECT\b/.test(config) ? config : `PORT ${OWN_PORT}${config === '' ? '' : `, ${config}`}`;
  const checks = isOver6(config) ? 'version :: Classifier(0/60%f0, -); version[0] -> CheckIP6Header -> ep; version[1]' : 'Null';
  return clickGraph(`
    FromDevice(wire) -> ${checks} -> CheckIPHeader -> CheckTCPHeader -> ep :: TCPEndpoint(${role}) -> ToDevice(wire);
    ep[1] -> what :: PaintSwitch;
    what[0] -> ToDevice(data); what[1] -> ToDevice(opened); what[2] -> ToDevice(finished); what[3] -> ToDevice(ended);
    FromDevice(app) -> order :: Classifier(0/00, 0/01, 0/02);
    order[0] -> Strip(1) -> Paint(0) -> [1]ep;
    order[1] -> Strip(1) -> Paint(1) -> [1]ep;
    order[2] -> Strip(1) -> Paint(2) -> [1]ep;`);
}

interface Seen {
  readonly at: number;
  readonly text: string;
  readonly told?: { readonly word: string; readonly bytes: number };
  readonly segment?: Segment;
}

/** The byte at a place of either stream. */
function byteAt(place: number): number {
  return (place * 7 + (place >> 8)) & 0xff;
}

function pattern(from: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => byteAt(from + index)));
}

export class Bench {
  readonly input: InputFrame[] = [];
  private readonly engine: Engine;
  private readonly seen: Seen[] = [];
  private readonly problems: string[] = [];
  private readonly own = new Map<number, { isn: number; port: number }>();
  private readonly ports: Record<string, number>;
  private sent = 0;
  private given = 0;

  constructor(private readonly graph: CheckedGraph, private readonly script: Script) {
    this.ports = Object.fromEntries(graph.interfaces.map(({ name, index }) => [name, index]));
    this.engine = new Engine(graph, { seed: 7, microseconds: START_US, log: () => undefined, transmit: (port, frame) => this.left(port, Buffer.from(frame)) });
  }

  /** Plays it; what is wrong, if anything. */
  play(): string[] {
    for (const line of this.script.lines) {
      this.until(line.at);
      const { action } = line;
      if (action.kind === 'in') this.step(line.at, 'wire', this.frame(action.segment));
      else if (action.kind === 'order') {
        const paint = action.word === 'send' ? 0 : action.word === 'last' ? 1 : 2;
        this.step(line.at, 'app', Buffer.concat([Buffer.from([paint]), pattern(this.sent, action.bytes)]));
        this.sent += action.bytes;
      } else if (action.kind !== 'nothing') this.until(late(line.at), true, line.number);
    }
    this.compare();
    return this.problems;
  }

  counters(): Record<string, number> {
    const index = this.graph.instances.findIndex(({ class: type }) => type.name === 'TCPEndpoint');
    const { counters, drops } = this.engine.counts()[index]!;
    return { ...counters, ...drops };
  }

  /** Lets time go on from timer to timer. With `waiting` only until what line `number` expects may have happened. */
  private until(at: number, waiting = false, number = 0): void {
    const expected = this.script.lines.filter((line) => line.number <= number && (line.action.kind === 'out' || line.action.kind === 'told')).length;
    for (;;) {
      if (waiting && this.seen.length >= expected) return;
      const next = this.engine.nextTimer(false);
      if (next === undefined || next - START_US > at) break;
      this.step(Math.max(0, next - START_US));
    }
    if (!waiting) this.step(at);
  }

  private step(at: number, name?: string, bytes?: Buffer): void {
    const time = Math.max(START_US + at, this.engine.microseconds);
    const clock = BigInt(time) * 1000n;
    if (name !== undefined) this.engine.receive(this.ports[name]!, bytes!, { seconds: Math.floor(time / 1e6), nanoseconds: (time % 1e6) * 1000 });
    this.input.push(name === undefined ? { clock } : { clock, interface: this.ports[name]!, bytes: bytes! });
    this.engine.step(time);
  }

  private frame(segment: Segment): Buffer {
    const own = this.own.get(segment.port) ?? { isn: 0, port: OWN_PORT };
    const options = Buffer.concat((segment.options ?? []).map((option) => this.optionBytes(option, own.isn)));
    const padded = Buffer.concat([options, Buffer.alloc((4 - (options.length % 4)) % 4, 1)]);
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(segment.port, 0);
    tcp.writeUInt16BE(own.port, 2);
    tcp.writeUInt32BE((this.script.peerIsn + segment.start) % 2 ** 32, 4);
    tcp.writeUInt32BE(segment.ack === undefined ? 0 : (own.isn + segment.ack) % 2 ** 32, 8);
    tcp[12] = (5 + padded.length / 4) << 4;
    tcp[13] = segment.flags === '-' ? 0 : [...segment.flags].reduce((bits, flag) => bits | (1 << FLAGS.indexOf(flag)), 0);
    tcp.writeUInt16BE(segment.window ?? 65_535, 14);
    // The first byte of data has sequence number 1.
    const data = pattern(segment.start - 1 + (segment.flags.includes('S') ? 1 : 0), segment.length);
    const whole = Buffer.concat([tcp, padded, data]);
    return packetOf(isOver6(this.script.config), whole);
  }

  private optionBytes(text: string, ownIsn: number): Buffer {
    const words = text.split(' ');
    const value = Buffer.alloc(10);
    switch (words[0]) {
      case 'mss': return Buffer.from([2, 4, Number(words[1]) >> 8, Number(words[1]) & 255]);
      case 'wscale': return Buffer.from([3, 3, Number(words[1])]);
      case 'sackOK': return Buffer.from([4, 2]);
      case 'nop': return Buffer.from([1]);
      case 'TS':
        value.writeUInt16BE(0x080a, 0);
        value.writeUInt32BE(Number(words[2]), 2);
        value.writeUInt32BE(Number(words[4]), 6);
        return value;
      case 'sack': {
        const edges = words.slice(1).flatMap((block) => block.split(':').map(Number));
        const bytes = Buffer.alloc(2 + 4 * edges.length);
        bytes[0] = 5;
        bytes[1] = bytes.length;
        edges.forEach((edge, index) => bytes.writeUInt32BE((ownIsn + edge) % 2 ** 32, 2 + 4 * index));
        return bytes;
      }
      case 'bytes': return Buffer.from(words.slice(1).map((word) => parseInt(word, 16)));
      default: throw new Error(`an unknown option: ${text}`);
    }
  }

  private left(port: number, frame: Buffer): void {
    const at = this.engine.microseconds - START_US;
    const name = this.graph.interfaces.find(({ index }) => index === port)!.name;
    if (name !== 'wire') {
      if (name === 'data' && !frame.equals(pattern(this.given, frame.length))) this.problems.push(`at ${at / 1e6}: other bytes are given to the application than were sent, from ${this.given} on`);
      if (name === 'data') this.given += frame.length;
      this.seen.push({ at, text: `? ${name}${name === 'data' ? ` ${frame.length}` : ''}`, told: { word: TOLD.includes(name) ? name : '', bytes: frame.length } });
      return;
    }
    const segment = this.read(frame);
    this.seen.push({ at, segment, text: `> ${describe(segment)}` });
  }

  private read(frame: Buffer): Segment {
    const over6 = isOver6(this.script.config);
    const [own, peer, at, end] = over6 ? [OWN6, PEER6, 8, 40] : [OWN, PEER, 12, 20];
    if (!over6 && internetChecksum(frame.subarray(0, 20)) !== 0) this.problems.push('a wrong checksum of IPv4');
    if (frame[0]! >> 4 !== (over6 ? 6 : 4) || !frame.subarray(at, end).equals(Buffer.concat([own, peer]))) this.problems.push(`other addresses: ${frame.subarray(0, end).toString('hex')}`);
    const tcp = frame.subarray(end, over6 ? 40 + frame.readUInt16BE(4) : frame.readUInt16BE(2));
    if (segmentChecksum(own, peer, tcp) !== 0) this.problems.push('a wrong checksum of TCP');
    const port = tcp.readUInt16BE(2);
    const bits = tcp[13]!;
    const sequence = tcp.readUInt32BE(4);
    if ((bits & 2) !== 0) this.own.set(port, { isn: sequence, port: tcp.readUInt16BE(0) });
    const isn = this.own.get(port)?.isn ?? 0;
    const start = (sequence - isn + 2 ** 32) % 2 ** 32;
    const data = tcp.subarray((tcp[12]! >> 4) * 4);
    if (data.length > 0 && !data.equals(pattern(start - 1, data.length)) && data.length > 1) this.problems.push(`other bytes are sent than the application gave, from ${start} on`);
    const ack = (bits & 16) !== 0 ? (tcp.readUInt32BE(8) - this.script.peerIsn + 2 ** 32) % 2 ** 32 : undefined;
    const flags = [...FLAGS].map((flag, index) => ((bits >> index) & 1) === 1 ? flag : '').join('');
    const order = [...'SFRPUEC.'].filter((flag) => flags.includes(flag)).join('');
    return { port, flags: order === '' ? '-' : order, start, length: data.length, ack, window: tcp.readUInt16BE(14), options: this.options(tcp.subarray(20, (tcp[12]! >> 4) * 4)) };
  }

  private options(bytes: Buffer): string[] {
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += bytes[at] === 1 ? 1 : bytes[at + 1]!) {
      const relative = (place: number) => (bytes.readUInt32BE(place) - this.script.peerIsn + 2 ** 32) % 2 ** 32;
      if (bytes[at] === 2) found.push(`mss ${bytes.readUInt16BE(at + 2)}`);
      else if (bytes[at] === 3) found.push(`wscale ${bytes[at + 2]}`);
      else if (bytes[at] === 4) found.push('sackOK');
      else if (bytes[at] === 8) found.push(`TS ecr ${bytes.readUInt32BE(at + 6)}`);
      else if (bytes[at] === 5) found.push(`sack ${Array.from({ length: (bytes[at + 1]! - 2) / 8 }, (_, block) => `${relative(at + 2 + 8 * block)}:${relative(at + 6 + 8 * block)}`).join(' ')}`);
      else if (bytes[at] !== 1) throw new Error(`an option ${bytes[at]}`);
    }
    return found;
  }

  private compare(): void {
    const wanted = this.script.lines.filter(({ action }) => action.kind === 'out' || action.kind === 'told');
    for (let index = 0; index < Math.max(wanted.length, this.seen.length); index += 1) {
      const [line, seen] = [wanted[index], this.seen[index]];
      const problem = difference(line, seen);
      if (problem === undefined) continue;
      const around = this.seen.slice(Math.max(0, index - 3), index + 4).map(({ at, text }) => `    ${(at / 1e6).toFixed(3)} ${text}`);
      this.problems.push(`${line === undefined ? 'at the end' : `line ${line.number}: ${line.text}`}\n  ${problem}\n  what was seen around it:\n${around.join('\n')}`);
      return;
    }
    for (const [name, value] of Object.entries(this.script.counters)) {
      if (this.counters()[name] !== value) this.problems.push(`the counter ${name} is ${this.counters()[name]}, not ${value}`);
    }
  }
}

export function describe({ port, flags, start, length, ack, window, options }: Segment): string {
  return `${port === 4000 ? '' : `:${port} `}${flags} ${start}:${(start + length) % 2 ** 32}(${length})${ack === undefined ? '' : ` ack ${ack}`}${window === undefined ? '' : ` win ${window}`}${options === undefined || options.length === 0 ? '' : ` <${options.join(',')}>`}`;
}

function difference(line: Line | undefined, seen: Seen | undefined): string | undefined {
  if (line === undefined) return `more than was expected: ${seen!.text}`;
  if (seen === undefined) return 'it did not happen';
  const { action } = line;
  if (action.kind === 'told') {
    if (seen.told?.word !== action.word || seen.told.bytes !== action.bytes) return `but: ${seen.text}`;
  } else if (action.kind === 'out') {
    const { segment } = action;
    const other = seen.segment;
    if (other === undefined) return `but: ${seen.text}`;
    const same = other.port === segment.port && [...other.flags].sort().join('') === [...segment.flags].sort().join('') && other.start === segment.start && other.length === segment.length && other.ack === segment.ack;
    if (!same || (segment.window !== undefined && segment.window !== other.window) || (segment.options !== undefined && segment.options.join() !== other.options!.join())) return `but: ${seen.text}`;
  }
  if (seen.at < line.at - EARLY_US || seen.at > late(line.at)) return `but at ${(seen.at / 1e6).toFixed(3)}`;
  return undefined;
}
