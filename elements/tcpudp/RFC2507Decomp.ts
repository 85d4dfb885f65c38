/**
 * Makes whole packets of what RFC2507Comp sent, in the order in which it sent them: a packet of a flow that is known by its number gets the headers of the flow's
 * packet before, its fields grown by what is written. A packet that got lost spoils those behind it, until one of the flow comes whole: their TCP checksum tells.
 *
 * Packets leave unmarked and without annotations. What is too short, or has a number that flows do not have, is dropped as `no_packet`.
 */
import { array, checksum, checksummed, defineElement, drop, example, ipv4, loadBytes, storeBytes, tcp, TCP_FLAG, u16, u32, u8, type ByteCells, type Log, type Packet } from 'wirelet';
import { FIXED_BYTES, FLOWS_END, FOLLOWS, forgetAnnotations, HEADERS_BYTES, KIND } from './header-compression.js';

/** Where numbers stand in a packet. */
const SEQUENCE = ipv4.size + 4;
const ADDRESSES = 12;

interface Decompressing {
  readonly built: { readonly tells: boolean };
  readonly log: Log;
  readonly state: { headers: ByteCells };
}

/** Bytes that the difference at `at` takes: a byte, or a zero and two bytes. */
function sizeAt(packet: Packet, at: number): number {
  return packet.loadU8(at) === 0 ? 3 : 1;
}

/** The difference itself. */
function grownAt(packet: Packet, at: number): number {
  const first = packet.loadU8(at);
  return first === 0 ? packet.loadU16(at + 1) : first;
}

/** Makes a packet of flow `flow` whole, and remembers its headers. */
function expand({ state }: Decompressing, packet: Packet, flow: number): void {
  const flags = packet.loadU8(2);
  const sum = packet.loadU16(3);
  let at = FIXED_BYTES;
  const hasUrgent = (flags & FOLLOWS.urgent) !== 0;
  const urgent = hasUrgent ? grownAt(packet, at) : 0;
  if (hasUrgent) at += sizeAt(packet, at);
  const hasWindow = (flags & FOLLOWS.window) !== 0;
  const window = hasWindow ? grownAt(packet, at) : 0;
  if (hasWindow) at += sizeAt(packet, at);
  const hasAcknowledgement = (flags & FOLLOWS.acknowledgement) !== 0;
  const acknowledgement = hasAcknowledgement ? grownAt(packet, at) : 0;
  if (hasAcknowledgement) at += sizeAt(packet, at);
  const hasSequence = (flags & FOLLOWS.sequence) !== 0;
  const sequence = hasSequence ? grownAt(packet, at) : 0;
  if (hasSequence) at += sizeAt(packet, at);
  const hasIdentification = (flags & FOLLOWS.identification) !== 0;
  const identification = hasIdentification ? grownAt(packet, at) : 1;
  if (hasIdentification) at += sizeAt(packet, at);
  packet.strip(at);
  packet.prepend(HEADERS_BYTES);
  loadBytes(packet, 0, state.headers, flow * HEADERS_BYTES, HEADERS_BYTES);
  const header = ipv4.atOffset(packet, 0);
  const segment = tcp.atOffset(packet, ipv4.size);
  segment.checksum = sum;
  segment.flags = u8((segment.flags & ~(TCP_FLAG.psh | TCP_FLAG.urg)) | ((flags & FOLLOWS.push) === 0 ? 0 : TCP_FLAG.psh) | (hasUrgent ? TCP_FLAG.urg : 0));
  segment.urgent = u16(segment.urgent + urgent);
  segment.window = u16(segment.window + window);
  segment.acknowledgement = u32(segment.acknowledgement + acknowledgement);
  segment.sequence = u32(segment.sequence + sequence);
  header.identification = u16(header.identification + identification);
  header.total_length = u16(packet.length);
  header.checksum = 0;
  header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
  storeBytes(state.headers, flow * HEADERS_BYTES, packet, 0, HEADERS_BYTES);
}

/** What Click tells of each packet that leaves: numbers of the segment that it takes it for, and checksums that are wrong. */
function tellOf(packet: Packet, { built, log }: Decompressing): void {
  if (!built.tells) return;
  log.text('seq ');
  log.decimal(packet.length < SEQUENCE + 4 ? 0 : packet.loadU32(SEQUENCE) | 0);
  log.text(' len ');
  log.decimal(packet.length - HEADERS_BYTES);
  log.end();
  if (packet.length < ipv4.size) return;
  const header = ipv4.atOffset(packet, 0);
  if (checksum.finish(checksum.sum(packet, 0, Math.min(header.header_length * 4, packet.length))) !== 0) {
    log.text(' ip cksum failed');
    log.end();
  }
  // Of the header, the protocol, the addresses and the length behind it count (RFC 9293, 3.1).
  const total = Math.max(ADDRESSES, Math.min(header.total_length, packet.length));
  const pseudo = checksum.add(u16(header.protocol), u16(header.total_length - ipv4.size));
  if (checksum.finish(checksum.add(pseudo, checksum.sum(packet, ADDRESSES, total - ADDRESSES))) !== 0) {
    log.text(' tcp cksum failed');
    log.end();
  }
}

const whole = (sequence: number, identification: number, values: Parameters<typeof tcp.make>[0] = {}) =>
  checksummed(ipv4.make({ protocol: 6, identification }, tcp.make({ source_port: 5, destination_port: 80, sequence, flags: TCP_FLAG.ack, window: 1000, ...values }, Uint8Array.from([1, 2, 3]))));
const first = whole(100, 7);
const second = whole(103, 8);
const third = whole(1103, 8 + 300, { window: 1001, flags: TCP_FLAG.ack | TCP_FLAG.psh });
const sumOf = ({ bytes }: { bytes: Uint8Array }) => [...bytes.subarray(ipv4.size + 16, ipv4.size + 18)];

export default defineElement({
  name: 'RFC2507Decomp',
  ports: { inputs: { in: 'Packets of RFC2507Comp.' }, outputs: { out: 'IPv4 packets.' } },
  drops: { no_packet: 'It is nothing that RFC2507Comp sends.' },
  split: { never: 'flows are known by few numbers' },
  state: { headers: array('u8', FLOWS_END * HEADERS_BYTES) },
  build: ({ chatter }) => ({ tells: chatter !== '' }),
  process(packet, context) {
    const { built, state, log, outputs } = context;
    const kind = packet.length < 2 ? -1 : packet.loadU8(0);
    if (kind === KIND.full && built.tells) {
      log.text('2507d: got full header');
      log.end();
    }
    const flow = kind > KIND.other ? packet.loadU8(1) : 1;
    if (kind < 0 || kind > KIND.compressed || flow === 0 || flow >= FLOWS_END) {
      if (built.tells) {
        log.text('RFC2507d: no q');
        log.end();
      }
      return drop('no_packet');
    }
    if (kind === KIND.other) {
      packet.strip(1);
    } else if (kind === KIND.full) {
      packet.strip(2);
      if (packet.length >= HEADERS_BYTES) storeBytes(state.headers, flow * HEADERS_BYTES, packet, 0, HEADERS_BYTES);
    } else {
      expand(context, packet, flow);
    }
    forgetAnnotations(packet);
    tellOf(packet, context);
    return outputs.out;
  },
  examples: [
    example('makes packets whole', [Uint8Array.from([1, 3, ...first.bytes]), Uint8Array.from([2, 3, 8, ...sumOf(second), 3, 1, 2, 3]), Uint8Array.from([2, 3, 0x3a, ...sumOf(third), 1, 0, 3, 232, 0, 1, 44, 1, 2, 3])], { out: [first, second, third] }),
    example('takes the byte off others', Uint8Array.from([0, 9, 8]), { out: Uint8Array.from([9, 8]) }),
    example('undoes what RFC2507Comp does', [first, second, third], { out: [first, second, third] }, { before: 'MarkIPHeader -> RFC2507Comp' }),
    example('drops what was not made by it', [Uint8Array.from([1]), Uint8Array.from([3, 1, 1]), Uint8Array.from([1, 15, 1]), Uint8Array.from([1, 0, 1])], { drop: ['no_packet', 'no_packet', 'no_packet', 'no_packet'] }),
  ],
});
