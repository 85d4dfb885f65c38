/** Connections of a toy web client, as Click's WebGen has them: each asks for one page, and is sent again until it is answered. */
import { checksum, IP_PROTOCOL, ipv4, pseudoHeaderSum, table, TCP_FLAG, tableSlots, tcp, TIME_RANGE, array, below, register, u16, u32, u8, type Packet, type Packets, type Prefix, type Random, type StateValues, type u53, type Verdict } from 'wirelet';

export const HTTP_PORT = 80;
const FRESH_TTL = 250;
const WINDOW = 60 * 1024;
const SEQUENCES = 0x0fff_ffff;
const OWN_PORTS = 1024;
const PORTS = 60_000;
const HEADERS_BYTES = ipv4.size + tcp.size;
/** What is asked for; the digits are the places of numbers. */
const REQUEST = 'GET /spec/0/0-0-0 HTTP/1.0\r\n\r\n';
const FOLDER = HEADERS_BYTES + 10;
const AGAIN = HEADERS_BYTES + 12;
const CLASS = HEADERS_BYTES + 14;
const FILE = HEADERS_BYTES + 16;
const DIGIT = 48;
const REQUEST_BYTES = REQUEST.length;

/** What a connection has come to. */
const CONNECTED = 1;
const GOT_END = 2;
const SENT_END = 4;
const CLOSED = 8;
const SENDS = 16;

/** Bytes of a packet with the request; the first 40 are those of one without. */
export const requestBytes = Uint8Array.from([...ipv4.make({}, tcp.make({}, new TextEncoder().encode(REQUEST))).bytes]);

export function clientState(connections: number) {
  const slots = tableSlots(connections);
  return {
    /** Connections by their own address and port. */
    flows: table({ key: { source: 'u32', port: 'u16' }, fields: { iss: 'u32', una: 'u32', next: 'u32', expected: 'u32', page: 'u16', sent_us: TIME_RANGE, marks: 'u8', resends: 'u8' }, capacity: connections }),
    /** Those that wait for an answer, the longest first, in a ring; the last place is that of its beginning. */
    after: array(below(slots + 1), slots + 1),
    before: array(below(slots + 1), slots + 1),
    identification: register('u16'),
    open: register('u32'),
    start_us: register(TIME_RANGE),
    told_us: register(TIME_RANGE),
    initiated: register('u32'),
    completed: register('u32'),
    reset: register('u32'),
    timed_out: register('u32'),
  };
}

export interface Client {
  readonly config: { readonly prefix: Prefix; readonly dst: u32 };
  readonly built: { readonly slots: number; readonly bytes: Uint8Array; readonly bare: Uint8Array };
  readonly state: StateValues<ReturnType<typeof clientState>>;
  readonly clock: { readonly microseconds: u53 };
  readonly random: Random;
  readonly packets: Packets;
  readonly outputs: { readonly out: Verdict };
  emit(output: Verdict, packet: Packet): void;
}

/** Takes a connection out of the ring. */
function unlink({ state }: Client, slot: number): void {
  const before = state.before[slot]!;
  const after = state.after[slot]!;
  state.after[before] = after;
  state.before[after] = before;
}

/** Ends a connection, however it went. */
export function forget(client: Client, slot: number): void {
  const { state } = client;
  unlink(client, slot);
  state.flows.remove(slot);
  state.open = Math.max(0, state.open - 1);
}

/** Fills in what a packet of 40 bytes or more says, and sends it. */
export function output(packet: Packet, client: Client, source: u32, sport: u16, destination: u32, dport: u16, sequence: u32, acknowledgement: u32, flags: u8): void {
  const { state, outputs, emit } = client;
  packet.markNetworkHeader(0);
  packet.markTransportHeader(ipv4.size);
  packet.destinationAddress = destination;
  const header = ipv4.at(packet);
  header.total_length = u16(packet.length);
  header.identification = state.identification;
  state.identification = u16(state.identification + 1);
  header.ttl = FRESH_TTL;
  header.protocol = IP_PROTOCOL.tcp;
  header.source = source;
  header.destination = destination;
  header.checksum = 0;
  header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
  const segment = tcp.at(packet);
  segment.source_port = sport;
  segment.destination_port = dport;
  segment.sequence = sequence;
  segment.acknowledgement = acknowledgement;
  segment.flags = flags;
  segment.window = WINDOW;
  const length = u16(Math.max(0, packet.length - ipv4.size));
  segment.checksum = 0;
  segment.checksum = checksum.finish(checksum.add(pseudoHeaderSum(source, destination, IP_PROTOCOL.tcp, length), checksum.sum(packet, ipv4.size, length)));
  emit(outputs.out, packet);
}

/** Sends what a connection has to say, if anything, and puts it last in the ring. */
export function send(client: Client, slot: number): void {
  const { config, built, state, clock, packets } = client;
  const { flows } = state;
  const marks = flows.marks[slot]!;
  const asks = (marks & CONNECTED) !== 0 && u32(flows.una[slot]! - flows.iss[slot]! - 1) < REQUEST_BYTES;
  const sequence = asks ? u32(flows.iss[slot]! + 1) : u32(flows.next[slot]! + ((marks & SENT_END) !== 0 ? 1 : 0));
  if (asks) flows.next[slot] = u32(sequence + REQUEST_BYTES);
  unlink(client, slot);
  const last = state.before[built.slots]!;
  state.after[last] = slot;
  state.before[slot] = last;
  state.after[slot] = built.slots;
  state.before[built.slots] = slot;
  flows.sent_us[slot] = Math.min(TIME_RANGE.high, clock.microseconds);
  if ((marks & CONNECTED) !== 0 && (marks & SENDS) === 0 && !asks) return;
  let flags: number = TCP_FLAG.syn;
  let acknowledgement = 0;
  let next = marks & ~SENDS;
  if ((marks & CONNECTED) !== 0) {
    flags = TCP_FLAG.ack | (asks ? TCP_FLAG.psh | TCP_FLAG.fin : 0) | ((marks & GOT_END) !== 0 ? TCP_FLAG.fin : 0);
    acknowledgement = flows.expected[slot]!;
  }
  if ((flags & TCP_FLAG.fin) !== 0) next |= SENT_END;
  if ((next & SENT_END) !== 0 && (next & GOT_END) !== 0) {
    next |= CLOSED;
    state.completed = u32(state.completed + 1);
  }
  flows.marks[slot] = u8(next);
  const packet = packets.copyOf(built.bytes);
  if (packet === null) return;
  if (asks) {
    const page = flows.page[slot]!;
    packet.storeU8(FOLDER, u8(DIGIT + (page % 10)));
    packet.storeU8(AGAIN, u8(DIGIT + (page % 10)));
    packet.storeU8(CLASS, u8(DIGIT + (Math.trunc(page / 10) % 10)));
    packet.storeU8(FILE, u8(DIGIT + (Math.trunc(page / 100) % 10)));
  } else {
    packet.truncate(HEADERS_BYTES);
  }
  output(packet, client, flows.source[slot]!, flows.port[slot]!, config.dst, HTTP_PORT, sequence, acknowledgement, u8(flags));
}

/** Begins a connection; false: there is no room for another. */
export function begin(client: Client, most: number): boolean {
  const { config, state, random } = client;
  const { flows } = state;
  if (state.open >= most) return false;
  const source = u32(((random.u32() & ~config.prefix.mask) | (config.prefix.address & config.prefix.mask)) >>> 0);
  const iss = random.u32() & SEQUENCES;
  const port = u16(OWN_PORTS + (random.u32() % PORTS));
  if (flows.find(source, port) >= 0) return false;
  const slot = flows.insert(source, port);
  if (slot < 0) return false;
  state.open = u32(state.open + 1);
  flows.iss[slot] = iss;
  flows.una[slot] = iss;
  flows.next[slot] = iss;
  flows.expected[slot] = 0;
  flows.marks[slot] = 0;
  flows.resends[slot] = 0;
  const folder = random.below(10) % 10;
  const file = random.below(9) % 9;
  flows.page[slot] = u16(folder + (random.below(3) % 3) * 10 + file * 100);
  // In the ring it is alone until it is sent.
  state.after[slot] = slot;
  state.before[slot] = slot;
  send(client, slot);
  state.initiated = u32(state.initiated + 1);
  return true;
}

/** Takes an answer; the packet begins with its IPv4 header, of `outer` bytes, and has `length` bytes of data. */
export function answer(packet: Packet, client: Client, slot: number, outer: number, length: number): void {
  const { state } = client;
  const { flows } = state;
  const segment = tcp.atOffset(packet, outer);
  const sequence = segment.sequence;
  const acknowledgement = segment.acknowledgement;
  const flags = segment.flags;
  let marks: number = flows.marks[slot]!;
  if ((flags & (TCP_FLAG.ack | TCP_FLAG.rst)) === TCP_FLAG.ack && acknowledgement === u32(flows.iss[slot]! + 1) && (marks & CONNECTED) === 0) {
    flows.next[slot] = acknowledgement;
    flows.una[slot] = acknowledgement;
    flows.expected[slot] = u32(sequence + 1);
    marks |= CONNECTED | SENDS;
  } else if (length > 0) {
    marks |= SENDS;
    const end = u32(sequence + length);
    if (end > flows.expected[slot]!) flows.expected[slot] = end;
  }
  if ((flags & TCP_FLAG.ack) !== 0 && acknowledgement > flows.una[slot]!) flows.una[slot] = acknowledgement;
  if ((flags & TCP_FLAG.fin) !== 0 && u32(sequence + length) === flows.expected[slot]! && (marks & GOT_END) === 0) {
    flows.expected[slot] = u32(flows.expected[slot]! + 1);
    marks |= GOT_END | SENDS;
  }
  flows.marks[slot] = u8(marks);
  if ((flags & TCP_FLAG.rst) !== 0) {
    forget(client, slot);
    state.reset = u32(state.reset + 1);
    return;
  }
  send(client, slot);
  if ((flows.marks[slot]! & CLOSED) !== 0) forget(client, slot);
}
