/**
 * Compresses the headers of TCP over IPv4 for a slow link, in Click's form of RFC 2507: of a flow that is known, a packet holds its flow's number and by how much
 * fields have grown since the packet before. RFC2507Decomp makes packets whole again.
 *
 * Packets must begin with their marked IPv4 header. What is no segment with ACK and without SYN, FIN and RST, what has IP options or is a fragment goes whole, a byte
 * in front; so does the first packet of a flow, and one whose fields changed otherwise than by growing a little, with its flow's number. 14 flows are known at once:
 * another one takes the number of one of them by chance. Packets that leave have neither annotations nor a time stamp, as those that an element makes.
 */
import { array, checksummed, defineElement, drop, example, ipv4, IP_PROTOCOL, tcp, TCP_FLAG, u8, udp, type Log, type Packet } from 'wirelet';
import { FIXED_BYTES, FLOWS_END, FOLLOWS, forgetAnnotations, HEADERS_BYTES, KIND } from './header-compression.js';

/** Three bytes for each of five differences. */
const ENCODED_BYTES = 16;

interface Compressing {
  readonly built: { readonly tells: boolean };
  readonly log: Log;
  readonly state: {
    used: { [index: number]: any }; source: { [index: number]: any }; destination: { [index: number]: any }; ports: { [index: number]: any };
    beginning: { [index: number]: any }; whole: { [index: number]: any }; ttl: { [index: number]: any }; offset: { [index: number]: any };
    identification: { [index: number]: any }; sequence: { [index: number]: any }; acknowledgement: { [index: number]: any }; window: { [index: number]: any }; urgent: { [index: number]: any };
    encoded: { [index: number]: any };
  };
}

function tell({ built, log }: Compressing, text: string): void {
  if (!built.tells) return;
  log.text(text);
  log.end();
}

/** Writes behind `at` bytes by how much a field has grown: nothing, a byte, or a zero and two bytes. How many bytes there are then; -1: it cannot be written. */
function encode({ state }: Compressing, at: number, before: number, now: number): number {
  const grown = now - before;
  if (grown < 0 || grown > 0xffff || at + 3 > ENCODED_BYTES) return -1;
  if (grown === 0) return at;
  if (grown < 256) {
    state.encoded[at] = u8(grown);
    return at + 1;
  }
  state.encoded[at] = 0;
  state.encoded[at + 1] = u8(grown >>> 8);
  state.encoded[at + 2] = u8(grown);
  return at + 3;
}

/** Remembers the headers of a packet as those of flow `flow`. */
function remember({ state }: Compressing, flow: number, packet: Packet): void {
  const header = ipv4.atOffset(packet, 0);
  const segment = tcp.atOffset(packet, ipv4.size);
  state.used[flow] = 1;
  state.source[flow] = header.source;
  state.destination[flow] = header.destination;
  state.ports[flow] = packet.loadU32(ipv4.size);
  state.beginning[flow] = packet.loadU16(0);
  state.whole[flow] = header.dont_fragment;
  state.ttl[flow] = header.ttl;
  state.offset[flow] = segment.data_offset;
  state.identification[flow] = header.identification;
  state.sequence[flow] = segment.sequence;
  state.acknowledgement[flow] = segment.acknowledgement;
  state.window[flow] = segment.window;
  state.urgent[flow] = segment.urgent;
}

/** The number of the packet's flow; 0: it is not known. */
function flowOf({ state }: Compressing, packet: Packet): number {
  const header = ipv4.atOffset(packet, 0);
  const ports = packet.loadU32(ipv4.size);
  for (let flow = 1; flow < FLOWS_END; flow += 1) {
    if (state.used[flow] === 1 && state.source[flow] === header.source && state.destination[flow] === header.destination && state.ports[flow] === ports) return flow;
  }
  return 0;
}

/** Puts the flow's number in front of a whole packet, and remembers it. */
function markFull(context: Compressing, packet: Packet, flow: number): void {
  remember(context, flow, packet);
  packet.prepend(2);
  packet.storeU8(0, KIND.full);
  packet.storeU8(1, u8(flow));
}

/** Marks a packet whole that cannot be compressed, and says which field is why. */
function giveUp(context: Compressing, packet: Packet, flow: number, why: string): void {
  tell(context, why);
  markFull(context, packet, flow);
}

/** Compresses a packet of a known flow, or marks it whole where that cannot be. */
function compress(context: Compressing, packet: Packet, flow: number): void {
  const { state } = context;
  const header = ipv4.atOffset(packet, 0);
  const segment = tcp.atOffset(packet, ipv4.size);
  const identification = header.identification;
  const sum = segment.checksum;
  let flags = (segment.flags & TCP_FLAG.psh) === 0 ? 0 : FOLLOWS.push;
  if (packet.loadU16(0) !== state.beginning[flow] || header.dont_fragment !== state.whole[flow] || header.ttl !== state.ttl[flow] || segment.data_offset !== state.offset[flow]) {
    giveUp(context, packet, flow, 'full1');
    return;
  }
  const urgent = encode(context, 0, state.urgent[flow], segment.urgent);
  if (urgent < 0) {
    giveUp(context, packet, flow, 'full urp');
    return;
  }
  if (urgent > 0) flags |= FOLLOWS.urgent;
  const window = encode(context, urgent, state.window[flow], segment.window);
  if (window < 0) {
    giveUp(context, packet, flow, 'full win');
    return;
  }
  if (window > urgent) flags |= FOLLOWS.window;
  // Numbers of sequences are compared as signed ones, as in Click.
  const acknowledgement = encode(context, window, state.acknowledgement[flow] | 0, segment.acknowledgement | 0);
  if (acknowledgement < 0) {
    giveUp(context, packet, flow, 'full ack');
    return;
  }
  if (acknowledgement > window) flags |= FOLLOWS.acknowledgement;
  const sequence = encode(context, acknowledgement, state.sequence[flow] | 0, segment.sequence | 0);
  if (sequence < 0) {
    giveUp(context, packet, flow, 'full seq');
    return;
  }
  if (sequence > acknowledgement) flags |= FOLLOWS.sequence;
  let count = sequence;
  if (identification !== state.identification[flow] + 1) {
    count = encode(context, sequence, state.identification[flow], identification);
    if (count < 0) {
      giveUp(context, packet, flow, 'full id');
    return;
    }
    if (count > sequence) flags |= FOLLOWS.identification;
  }
  remember(context, flow, packet);
  packet.strip(HEADERS_BYTES);
  packet.prepend(FIXED_BYTES + count);
  packet.storeU8(0, KIND.compressed);
  packet.storeU8(1, u8(flow));
  packet.storeU8(2, u8(flags));
  packet.storeU16(3, sum);
  for (let index = 0; index < ENCODED_BYTES; index += 1) {
    if (index >= count) break;
    packet.storeU8(FIXED_BYTES + index, state.encoded[index]!);
  }
}

const COMPRESSED = TCP_FLAG.fin | TCP_FLAG.syn | TCP_FLAG.rst | TCP_FLAG.ack;
const data = Uint8Array.from([1, 2, 3]);
const segment = (sequence: number, identification: number, values: Parameters<typeof tcp.make>[0] = {}) =>
  checksummed(ipv4.make({ protocol: 6, identification }, tcp.make({ source_port: 5, destination_port: 80, sequence, flags: TCP_FLAG.ack, window: 1000, ...values }, data)));
const datagram = ipv4.make({ protocol: 17 }, udp.make({}));

export default defineElement({
  name: 'RFC2507Comp',
  ports: { inputs: { in: 'IPv4 packets that begin with their marked header.' }, outputs: { out: 'The same, compressed.' } },
  drops: { no_header: 'The packet does not begin with its marked IPv4 header.' },
  split: { never: 'the other side knows flows by few numbers' },
  state: {
    used: array('u8', FLOWS_END), source: array('u32', FLOWS_END), destination: array('u32', FLOWS_END), ports: array('u32', FLOWS_END),
    beginning: array('u16', FLOWS_END), whole: array('u8', FLOWS_END), ttl: array('u8', FLOWS_END), offset: array('u8', FLOWS_END),
    identification: array('u16', FLOWS_END), sequence: array('u32', FLOWS_END), acknowledgement: array('u32', FLOWS_END), window: array('u16', FLOWS_END), urgent: array('u16', FLOWS_END),
    encoded: array('u8', ENCODED_BYTES),
  },
  build: ({ chatter }) => ({ tells: chatter !== '' }),
  process(packet, context) {
    const { built, log, random, outputs } = context;
    if (!packet.hasNetworkHeader || packet.networkHeaderOffset !== 0 || packet.length < ipv4.size) return drop('no_header');
    const header = ipv4.atOffset(packet, 0);
    const simple = header.header_length === 5 && header.version === 4 && header.more_fragments === 0 && header.fragment_offset === 0 && header.protocol === IP_PROTOCOL.tcp;
    if (!simple || packet.length < HEADERS_BYTES || (tcp.atOffset(packet, ipv4.size).flags & COMPRESSED) !== TCP_FLAG.ack) {
      tell(context, 'cannot compress packet');
      packet.prepend(1);
      forgetAnnotations(packet);
      return outputs.out;
    }
    const known = flowOf(context, packet);
    if (known > 0) {
      compress(context, packet, known);
    } else {
      const flow = random.below(FLOWS_END - 1) + 1;
      if (built.tells) {
        const { source_port, destination_port } = tcp.atOffset(packet, ipv4.size);
        log.text('sport ');
        log.decimal(source_port);
        log.text(' dport ');
        log.decimal(destination_port);
        log.text(' added cid ');
        log.decimal(flow);
        log.end();
      }
      markFull(context, packet, flow);
    }
    forgetAnnotations(packet);
    return outputs.out;
  },
  examples: [
    example('sends other packets whole', datagram, { out: Uint8Array.from([0, ...datagram.bytes]) }),
    example('has a byte for a field that grew little, two for one that grew more', [segment(100, 7), segment(103, 8), segment(1103, 8, { window: 1001 })], { out: [Uint8Array.from([1]), Uint8Array.from([2]), Uint8Array.from([2])] }, { after: 'Truncate(1)' }),
    example('drops what does not begin with its header', segment(1, 1), { drop: 'no_header' }, { before: 'Unstrip(1)' }),
  ],
});
