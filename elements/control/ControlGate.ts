/**
 * Hands packets over to an element of the control side, and takes those that it gives. `wirelet click --engine native` puts one in place of each such element, which works beside
 * the compiled ones; in a graph of one's own it ends what it is given, and gives nothing.
 *
 * Between two rounds the other side takes what was handed over, and puts what it gives in rings of 1024 packets; what finds no room is dropped.
 */
import { array, consumed, defineElement, drop, ethernet, example, loadBytes, many, register, storeBytes, u32, type Packet, type StateValues } from 'wirelet';

/** Packets in a ring. */
const SLOTS = 1024;
/** Bytes of a packet. */
const BYTES = 9216;
/** Words of annotations. */
const WORDS = 12;
/** No header is marked. */
const UNMARKED = -100_000;
/** What was asked of an input: nothing, a packet; and the answer: a packet, none. */
const ASKED = 1;
const GAVE = 2;
const HAD_NONE = 3;

/** A ring of packets, and what is known of them; `count` and `taken` are all that were ever put there, and taken. */
function ring<const P extends string>(prefix: P) {
  const entries = {
    count: register('u32'),
    taken: register('u32'),
    port: array('u16', SLOTS),
    length: array('u16', SLOTS),
    /** Of the bytes, those in front of the data: a header that was stripped is marked there. */
    front: array('u16', SLOTS),
    /** Bytes that reach to all marks. */
    reach: array('u16', SLOTS),
    seconds: array('u32', SLOTS),
    nanoseconds: array('u32', SLOTS),
    marks: array('i32', SLOTS * 3),
    annotations: array('u32', SLOTS * WORDS),
    bytes: array('u8', SLOTS * BYTES),
  };
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [`${prefix}_${name}`, entry])) as { [K in keyof typeof entries as `${P}_${K & string}`]: (typeof entries)[K] };
}

function gateState(inputs: number, outputs: number) {
  return {
    ...ring('given'),
    ...ring('back'),
    /** By input: one of the constants above, and the place of the packet. */
    asked: array('u8', Math.max(1, inputs)),
    answer: array('u16', Math.max(1, inputs)),
    /** By output: whether it is pulled, and somebody pulled in vain. */
    pulled: array('u8', Math.max(1, outputs)),
    wanting: array('u8', Math.max(1, outputs)),
  };
}

type Gate = StateValues<ReturnType<typeof gateState>>;

/** Puts a copy of the packet into the ring of what is given; its place, or -1: there is no room. */
function give(state: Gate, packet: Packet, port: number): number {
  if (u32(state.given_count - state.given_taken) >= SLOTS) return -1;
  let front = 0;
  if (packet.hasMacHeader) front = Math.max(front, -packet.macHeaderOffset);
  if (packet.hasNetworkHeader) front = Math.max(front, -packet.networkHeaderOffset);
  if (packet.hasTransportHeader) front = Math.max(front, -packet.transportHeaderOffset);
  if (front > 0 && front <= packet.headroom) packet.unstrip(front);
  else front = 0;
  if (packet.length > BYTES) return -1;
  const slot = state.given_count % SLOTS;
  const length = Math.min(packet.length, BYTES);
  state.given_port[slot] = port & 0xffff;
  state.given_length[slot] = length;
  state.given_front[slot] = front & 0xffff;
  state.given_seconds[slot] = packet.timestampSeconds;
  state.given_nanoseconds[slot] = packet.timestampNanoseconds;
  state.given_marks[slot * 3] = packet.hasMacHeader ? packet.macHeaderOffset : UNMARKED;
  state.given_marks[slot * 3 + 1] = packet.hasNetworkHeader ? packet.networkHeaderOffset : UNMARKED;
  state.given_marks[slot * 3 + 2] = packet.hasTransportHeader ? packet.transportHeaderOffset : UNMARKED;
  for (let word = 0; word < WORDS; word += 1) state.given_annotations[slot * WORDS + word] = packet.annotationU32(word * 4);
  storeBytes(state.given_bytes, slot * BYTES, packet, 0, length);
  state.given_count = u32(state.given_count + 1);
  return slot;
}

/** Makes the packet what the ring of what comes back has in a place. */
function restore(state: Gate, slot: number, packet: Packet): void {
  loadBytes(packet, 0, state.back_bytes, slot * BYTES, Math.min(state.back_length[slot]!, packet.length, BYTES));
  packet.timestampSeconds = state.back_seconds[slot]!;
  packet.timestampNanoseconds = state.back_nanoseconds[slot]!;
  for (let word = 0; word < WORDS; word += 1) packet.setAnnotationU32(word * 4, state.back_annotations[slot * WORDS + word]!);
  const mac = state.back_marks[slot * 3]!;
  const network = state.back_marks[slot * 3 + 1]!;
  const transport = state.back_marks[slot * 3 + 2]!;
  if (mac >= 0) packet.markMacHeader(mac);
  if (network >= 0) packet.markNetworkHeader(network);
  if (transport >= 0) packet.markTransportHeader(transport);
  packet.truncate(state.back_length[slot]!);
  packet.strip(state.back_front[slot]!);
}

export default defineElement({
  name: 'ControlGate',
  ports: { inputs: many('Packets for the other side.', { optional: true }), outputs: many('Packets from there.', { optional: true }) },
  separatePorts: true,
  drops: { no_room: 'The other side had no room for it, or it is longer than 9216 bytes.' },
  state: ({ inputs, outputs }) => gateState(inputs.length, outputs.length),
  process(packet, { state, port }) {
    return give(state, packet, port) < 0 ? drop('no_room') : consumed;
  },
  pull({ state, packets, port }) {
    if (state.back_taken === state.back_count) {
      state.wanting[port] = 1;
      return null;
    }
    const slot = state.back_taken % SLOTS;
    if (state.back_port[slot]! !== port) return null;
    const packet = packets.ofLength(Math.min(state.back_reach[slot]!, BYTES));
    if (packet === null) return null;
    restore(state, slot, packet);
    state.back_taken = u32(state.back_taken + 1);
    return packet;
  },
  timers: {
    /** Set by the other side when it has asked for something, or put something back. */
    work({ state, inputs, outputs, packets, emit }) {
      for (let port = 0; port < inputs.length; port += 1) {
        if (state.asked[port] === ASKED) {
          state.asked[port] = HAD_NONE;
          const packet = inputs[port].pull();
          if (packet !== null) {
            const slot = give(state, packet, port);
            if (slot >= 0) {
              state.answer[port] = slot & 0xffff;
              state.asked[port] = GAVE;
            }
            emit(consumed, packet);
          }
        }
      }
      for (let count = 0; count < SLOTS; count += 1) {
        if (state.back_taken === state.back_count) break;
        const slot = state.back_taken % SLOTS;
        const port = state.back_port[slot]!;
        if (port >= outputs.length || state.pulled[port] !== 0) break;
        const packet = packets.ofLength(Math.min(state.back_reach[slot]!, BYTES));
        if (packet === null) break;
        restore(state, slot, packet);
        state.back_taken = u32(state.back_taken + 1);
        emit(outputs[port], packet);
      }
    },
  },
  examples: [example('ends what it is given where there is no other side', ethernet.make({}), {}, { inputs: 1 })],
});
