/**
 * What the elements for ARP, IPv4 and ICMP must do to any frame, said a second time, from the standards: each case
 * is a graph, the frames for it, and what leaves for a frame.
 */
import type { Dice } from '../differential/element-fuzz.js';
import { adds, someFrame, STATION } from './net-frames.js';

/** What left for one frame. */
export interface Left {
  readonly output: string;
  readonly bytes: Buffer;
}

export interface NetCase {
  readonly title: string;
  /** In Click's notation; `in` is the interface where frames arrive. */
  readonly graph: string;
  frame(dice: Dice): Uint8Array;
  /** What is wrong with what left, in words; undefined when nothing is. */
  wrong(frame: Buffer, left: readonly Left[]): string | undefined;
}

const ip = (dice: Dice) => someFrame(dice, 'ip');

/** Says how `left` differs from exactly these. */
function unlike(left: readonly Left[], ...wanted: Left[]): string | undefined {
  const text = (list: readonly Left[]) => list.map(({ output, bytes }) => `${output} ${bytes.toString('hex')}`).join('\n');
  return text(left) === text(wanted) ? undefined : `left\n${text(left)}\nshould\n${text(wanted)}`;
}

/** Bytes of an IPv4 header that is all there. */
function headerBytes(packet: Buffer): number | undefined {
  if (packet.length < 20 || packet[0]! >> 4 !== 4) return undefined;
  const length = (packet[0]! & 15) * 4;
  return length >= 20 && length <= packet.length ? length : undefined;
}

/** The packet without what follows it in the frame, if its header is right. */
function soundPacket(frame: Buffer): Buffer | undefined {
  const packet = frame.subarray(14);
  const length = headerBytes(packet);
  if (frame.length < 14 || length === undefined || !adds(packet.subarray(0, length))) return undefined;
  const total = packet.readUInt16BE(2);
  return total >= length && total <= packet.length ? packet.subarray(0, total) : undefined;
}

/** A checksum of `data`, of which the two bytes at `at` become it. */
function seal(data: Buffer, at: number): void {
  data.writeUInt16BE(0, at);
  let sum = 0;
  for (let place = 0; place < data.length; place += 1) sum += place % 2 === 0 ? data[place]! * 256 : data[place]!;
  data.writeUInt16BE(0xffff - (sum % 0xffff === 0 && sum > 0 ? 0xffff : sum % 0xffff), at);
}

const isHost = (address: number) => address >>> 24 !== 0 && address < 0xe000_0000;

function checkedWrong(frame: Buffer, left: readonly Left[]): string | undefined {
  const packet = soundPacket(frame);
  if (packet === undefined) return unlike(left, { output: 'bad', bytes: frame });
  const toUs = packet.readUInt32BE(16) === STATION.address;
  const badSource = [0, 0xffff_ffff, 0x0a00_00ff].includes(packet.readUInt32BE(12)) && !toUs;
  return badSource ? unlike(left, { output: 'bad', bytes: frame }) : unlike(left, { output: 'out', bytes: frame.subarray(0, 14 + packet.length) });
}

function sealedWrong(frame: Buffer, left: readonly Left[]): string | undefined {
  const packet = Buffer.from(frame.subarray(14));
  const length = packet.length === 0 ? 0 : (packet[0]! & 15) * 4;
  if (length < 20 || length > packet.length) return unlike(left);
  seal(packet.subarray(0, length), 10);
  return unlike(left, { output: 'out', bytes: packet });
}

function strippedWrong(frame: Buffer, left: readonly Left[]): string | undefined {
  const packet = frame.subarray(14);
  // Of a header that is cut off nothing is left.
  return packet.length === 0 ? unlike(left) : unlike(left, { output: 'out', bytes: packet.subarray((packet[0]! & 15) * 4) });
}

function answeredArpWrong(frame: Buffer, left: readonly Left[]): string | undefined {
  const fixed = Buffer.from([0, 1, 8, 0, 6, 4, 0, 1]);
  const isRequest = frame.length >= 42 && frame.readUInt16BE(12) === 0x0806 && frame.subarray(14, 22).equals(fixed);
  const wanted = isRequest ? frame.readUInt32BE(38) : 0;
  if (!isRequest || !(wanted === STATION.address || wanted >>> 16 === 0x0a01)) return unlike(left, { output: 'other', bytes: frame });
  const mac = Buffer.from(wanted === STATION.address ? '020000000001' : '020000000005', 'hex');
  const asker = frame.subarray(22, 32);
  const head = Buffer.concat([asker.subarray(0, 6), mac, Buffer.from([8, 6, 0, 1, 8, 0, 6, 4, 0, 2])]);
  const answer = Buffer.concat([head, mac, frame.subarray(38, 42), asker]);
  return unlike(left, { output: 'out', bytes: answer });
}

function echoWrong(frame: Buffer, left: readonly Left[]): string | undefined {
  const packet = soundPacket(frame);
  if (packet === undefined) return unlike(left);
  const message = packet.subarray(headerBytes(packet)!);
  const whole = (packet.readUInt16BE(6) & 0x3fff) === 0 && packet[9] === 1 && message.length >= 8;
  const hosts = isHost(packet.readUInt32BE(12)) && isHost(packet.readUInt32BE(16));
  if (!whole || !hosts || message[0] !== 8) return unlike(left, { output: 'other', bytes: packet });
  const right = adds(message);
  const reply = Buffer.from(packet);
  packet.copy(reply, 12, 16, 20);
  packet.copy(reply, 16, 12, 16);
  reply.writeUInt16BE(0, 6);
  reply[8] = 255;
  const header = headerBytes(packet)!;
  seal(reply.subarray(0, header), 10);
  reply.writeUInt16BE(0, header);
  if (right) {
    seal(reply.subarray(header), 2);
    return unlike(left, { output: 'out', bytes: reply });
  }
  // A wrong checksum must stay wrong; which one it is does not matter.
  if (left.length === 1 && left[0]!.bytes.length === reply.length) left[0]!.bytes.copy(reply, header + 2, header + 2, header + 4);
  return adds(reply.subarray(header)) ? 'a wrong checksum became right' : unlike(left, { output: 'out', bytes: reply });
}

/** An ICMP error must be what RFC 792 and RFC 1812, 4.3.2 make of the packet, with Click's type of service and time to live; `identification` is free. */
function errorWrong(frame: Buffer, left: readonly Left[]): string | undefined {
  const packet = frame.subarray(14);
  const header = headerBytes(packet);
  const isError = () => packet[9] === 1 && (packet.length < header! + 4 || [3, 4, 5, 11, 12].includes(packet[header!]!));
  const from = header === undefined ? 0 : packet.readUInt32BE(12);
  const to = header === undefined ? 0 : packet.readUInt32BE(16);
  const source = isHost(from) && from >>> 24 !== 127 && from !== 0x0a00_00ff;
  const destination = to >>> 28 !== 14 && to !== 0xffff_ffff && to !== 0x0a00_00ff;
  if (header === undefined || (frame[0]! & 1) === 1 || (packet.readUInt16BE(6) & 0x1fff) !== 0 || !source || !destination || isError()) return unlike(left);
  const route = routeBack(packet.subarray(20, header));
  const size = 20 + route.length;
  const quoted = packet.subarray(0, 576 - size - 8);
  const error = Buffer.alloc(size + 8 + quoted.length);
  quoted.copy(error, size + 8);
  route.copy(error, 20);
  error[0] = 0x40 + size / 4;
  error.writeUInt16BE(error.length, 2);
  error.set([200, 1], 8);
  // FixIPSrc behind it gave it the address of the way out.
  error.writeUInt32BE(0xc000_0209, 12);
  error.writeUInt32BE(from, 16);
  error[size] = 11;
  if (left.length === 1 && left[0]!.bytes.length === error.length) left[0]!.bytes.copy(error, 4, 4, 6);
  seal(error.subarray(0, size), 10);
  seal(error.subarray(size), 2);
  return unlike(left, { output: 'out', bytes: error });
}

/** The option by which an answer goes back by the source route of a packet with these options (RFC 1812, 4.3.2.6), as far as the packet came on it. */
function routeBack(options: Buffer): Buffer {
  for (let at = 0; at + 2 < options.length; ) {
    const type = options[at]!;
    if (type === 0) break;
    if (type === 1) {
      at += 1;
      continue;
    }
    const length = options[at + 1]!;
    if (length < 2 || at + length > options.length) break;
    const pointer = options[at + 2]!;
    if ((type === 131 || type === 137) && pointer >= 4 && pointer % 4 === 0 && pointer <= length + 1) {
      const passed: number[] = [];
      for (let hop = pointer - 5; hop >= 3; hop -= 4) passed.push(...options.subarray(at + hop, at + hop + 4));
      const route = [type, pointer - 1, 4, ...passed];
      const back = Buffer.alloc(Math.ceil(route.length / 4) * 4);
      back.set(route);
      return back;
    }
    at += length;
  }
  return Buffer.alloc(0);
}

function optionsWrong(frame: Buffer, left: readonly Left[]): string | undefined {
  const packet = soundPacket(frame);
  if (packet === undefined) return unlike(left);
  const header = headerBytes(packet)!;
  if (left.length !== 1) return `${left.length} packets left`;
  const { bytes } = left[0]!;
  const options = optionsOf(packet.subarray(20, header));
  if (options === undefined || !options.every(([, option]) => isWellFormed(option))) return unlike(left, { output: 'bad', bytes: packet });
  if (!adds(bytes.subarray(0, header))) return 'the checksum is not right any more';
  // Nothing but the checksum and the options may differ.
  const expected = Buffer.from(packet);
  bytes.copy(expected, 10, 10, 12);
  bytes.copy(expected, 20, 20, header);
  for (const [option, before] of options) {
    const after = bytes.subarray(20 + option, 20 + option + before.length);
    const room = before[0] === 68 ? hasRoom(before.length, before[2]!, before[3]!) : before[2]! <= before.length;
    if (before[0] === 7 && room && (after[2] !== before[2]! + 4 || after.readUInt32BE(before[2]! - 1) !== STATION.address)) return 'the route was not recorded';
    if (before[0] === 68 && !room && after[3]! !== before[3]! + 16) return 'the overflow was not counted';
    if (before[0] === 68 && room && (before[3]! & 15) < 2 && after[2]! !== before[2]! + 4 + 4 * (before[3]! & 15)) return 'the time was not recorded';
    if (before[0] !== 7 && before[0] !== 68 && !after.equals(before)) return 'another option was changed';
  }
  return unlike(left, { output: 'out', bytes: expected });
}

/** The options that have a length, by their place; undefined when one says that it is longer than there is room. */
function optionsOf(options: Buffer): [number, Buffer][] | undefined {
  const found: [number, Buffer][] = [];
  for (let at = 0; at < options.length && options[at] !== 0; ) {
    const size = options[at] === 1 ? 1 : (options[at + 1] ?? 0);
    if ((size < 2 && options[at] !== 1) || at + size > options.length) return undefined;
    if (size > 1) found.push([at, options.subarray(at, at + size)]);
    at += size;
  }
  return found;
}

/** Whether an option of RFC 791 is one that a router answers. */
function isWellFormed([type, size, pointer, flags]: Buffer): boolean {
  // A record of routes is full, or has room for a whole address.
  if (type === 7) return pointer !== undefined && pointer >= 4 && (pointer === size! + 1 || pointer + 3 <= size!);
  if (type !== 68) return true;
  if (flags === undefined || pointer! < 5) return false;
  const whole = hasRoom(size!, pointer!, flags);
  // Where there is no room for a time, routers are counted, up to 15; where addresses were asked for, Click says that something is wrong.
  return (flags & 15) < 2 ? whole || flags >> 4 !== 15 : (flags & 15) === 3 && whole;
}

/** Whether a Timestamp option has room for what one router writes. */
function hasRoom(size: number, pointer: number, flags: number): boolean {
  return pointer - 1 + ((flags & 15) === 0 ? 4 : 8) <= size;
}

export const NET_CASES: readonly NetCase[] = [
  {
    title: 'CheckIPHeader passes right headers only',
    graph: 'FromDevice(in) -> e :: CheckIPHeader(14, INTERFACES 10.0.0.1/24); e[0] -> ToDevice(out); e[1] -> ToDevice(bad);',
    frame: ip,
    wrong: checkedWrong,
  },
  {
    title: 'SetIPChecksum makes the checksum right',
    graph: 'FromDevice(in) -> Strip(14) -> MarkIPHeader -> GetIPAddress(0) -> SetIPChecksum -> ToDevice(out);',
    frame: ip,
    wrong: sealedWrong,
  },
  { title: 'StripIPHeader leaves the payload', graph: 'FromDevice(in) -> Strip(14) -> MarkIPHeader -> StripIPHeader -> ToDevice(out);', frame: ip, wrong: strippedWrong },
  {
    title: 'DropBroadcasts passes what was sent to one host',
    graph: 'FromDevice(in) -> e :: DropBroadcasts; e[0] -> ToDevice(out); e[1] -> ToDevice(group);',
    frame: ip,
    wrong: (frame, left) => unlike(left, { output: (frame[0]! & 1) === 1 ? 'group' : 'out', bytes: frame }),
  },
  {
    title: 'ARPResponder answers for its addresses',
    graph: 'FromDevice(in) -> e :: ARPResponder(10.1.0.0/16 02:00:00:00:00:05, 10.0.0.1 02:00:00:00:00:01); e[0] -> ToDevice(out); e[1] -> ToDevice(other);',
    frame: (dice) => someFrame(dice, dice.chance(85) ? 'arp' : 'ip'),
    wrong: answeredArpWrong,
  },
  {
    title: 'ICMPPingResponder answers echo requests',
    graph: 'FromDevice(in) -> Strip(14) -> CheckIPHeader -> e :: ICMPPingResponder; e[0] -> ToDevice(out); e[1] -> ToDevice(other);',
    frame: ip,
    wrong: echoWrong,
  },
  {
    title: 'ICMPError answers where it may, FixIPSrc gives it its source',
    graph: 'FromDevice(in) -> Strip(14) -> MarkIPHeader -> ICMPError(10.0.0.1, timeexceeded, transit, BADADDRS 10.0.0.255) -> FixIPSrc(192.0.2.9) -> ToDevice(out);',
    frame: ip,
    wrong: errorWrong,
  },
  {
    title: 'IPGWOptions answers options',
    graph: 'FromDevice(in) -> Strip(14) -> CheckIPHeader -> e :: IPGWOptions(10.0.0.1, 10.0.0.9); e[0] -> ToDevice(out); e[1] -> ToDevice(bad);',
    frame: ip,
    wrong: optionsWrong,
  },
];
