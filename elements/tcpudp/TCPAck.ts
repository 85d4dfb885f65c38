/**
 * Acknowledges TCP segments. Those that come pass from the first input to the first output, and on to a TCPBuffer; those that are sent pass the second ones and get the
 * number that is acknowledged: that of what is missing first in the TCPBuffer. If nothing is sent for DELAY, a segment with the acknowledgement alone leaves by the third
 * output, without addresses, ports and a sequence number: TCPConn, SetIPChecksum and SetTCPChecksum behind it fill them in.
 *
 * It begins with the first SYN that has an ACK, whichever way it goes; what comes before is dropped. Beginnings, ends and resets are not acknowledged.
 */
import { defineElement, drop, duration, example, ipv4, push, tcp, TCP_FLAG, u32, flag, register, type Log, type Packet, type Peer, type Timer, type u16 } from 'wirelet';
import { sequenceLength } from './sequence-length.js';

const TTL = 255;
const TOS = 0x10;
const WINDOW = 32_120;
const DEFAULT_DELAY_US = 20_000;
const BEGINNING = TCP_FLAG.syn | TCP_FLAG.ack;

interface Acknowledging {
  readonly config: { readonly delay: number };
  readonly built: { readonly tells: boolean };
  readonly state: { begun: boolean; owed: boolean; next: u32 };
  readonly timers: { readonly owed: Timer };
  readonly peers: readonly Peer[];
  readonly log: Log;
}

/** The first number from `from` on that the TCPBuffer has no segment for. */
function missingFrom(buffer: Peer, from: u32): u32 {
  const kept = buffer.state;
  let expected = kept.started ? kept.next : u32(from);
  for (let index = 0; index < kept.order.length; index += 1) {
    if (index >= kept.count) break;
    const segment = kept.order[index]!;
    const sequence = kept.sequence[segment]!;
    if (index === 0 && !kept.started) expected = sequence;
    if (sequence !== expected) {
      if (((expected - from) | 0) >= 0) return expected;
      if (((sequence - from) | 0) > 0) return from;
    }
    expected = u32(sequence + kept.taken[segment]!);
  }
  return ((expected - from) | 0) >= 0 ? expected : from;
}

/** Whether a segment that goes by `port` passes. */
function passes(context: Acknowledging, packet: Packet, port: u16): boolean {
  const { config, built, state, timers, peers, log } = context;
  const segment = tcp.at(packet);
  const flags = segment.flags;
  const begins = (flags & BEGINNING) === BEGINNING;
  if (port === 1) {
    if (begins) {
      state.next = segment.acknowledgement;
      state.begun = true;
    }
    if (!state.begun) return false;
    state.owed = false;
    segment.acknowledgement = state.next;
    return true;
  }
  if (begins && !state.begun) {
    state.next = u32(segment.sequence + 1);
    state.begun = true;
  }
  if (!state.begun) return false;
  if ((flags & (TCP_FLAG.syn | TCP_FLAG.fin | TCP_FLAG.rst)) !== 0) return true;
  if (segment.sequence === state.next) {
    const next = u32(state.next + sequenceLength(packet));
    state.next = missingFrom(peers[0]!, next);
  } else if (built.tells) {
    log.text('seqno < ack_nxt: out of order or retransmitted packet');
    log.end();
  }
  state.owed = true;
  if (!timers.owed.pending) timers.owed.after(config.delay);
  return true;
}

const segment = (sequence: number, flags: number = TCP_FLAG.ack, bytes = 10, acknowledgement = 0) => ipv4.make({ protocol: 6 }, tcp.make({ sequence, flags, acknowledgement }, new Uint8Array(bytes)));
const bySequence = (one: { bytes: Uint8Array }, other: { bytes: Uint8Array }) => one.bytes[27]! - other.bytes[27]!;
const lone = (acknowledgement: number) => ipv4.make({ protocol: 6, ttl: TTL, tos: TOS, dont_fragment: 1, identification: 0, source: 0, destination: 0, checksum: 0 }, tcp.make({ acknowledgement, flags: TCP_FLAG.ack, window: WINDOW }));

export default defineElement({
  name: 'TCPAck',
  config: { delay: duration({ default: DEFAULT_DELAY_US, keyword: true, doc: 'Time after which a segment is acknowledged if nothing was sent.' }) },
  ports: {
    inputs: { in: 'Segments from the other end, with marked headers.', send: 'Segments to send.' },
    outputs: { in: 'The segments from the other end.', send: 'The segments to send, with what they acknowledge.', ack: push('Acknowledgements alone.') },
  },
  portsAlike: 'all',
  nearPeer: { className: 'TCPBuffer', upstream: false },
  counters: { acknowledged: 'Acknowledgements that were sent alone.' },
  drops: { not_begun: 'No SYN with an ACK was seen before it.' },
  split: { never: 'it has one connection' },
  state: { begun: flag(), owed: flag(), next: register('u32') },
  build: ({ chatter }) => ({
    tells: chatter !== '',
    bytes: lone(0).bytes,
  }),
  initialize({ config, timers }) {
    timers.owed.after(config.delay);
  },
  process(packet, context) {
    const { outputs, port } = context;
    if (!passes(context, packet, port)) return drop('not_begun');
    return port === 0 ? outputs.in : outputs.send;
  },
  pull(context) {
    const { inputs, port, emit } = context;
    const packet = port === 0 ? inputs.in.pull() : inputs.send.pull();
    if (packet === null || passes(context, packet, port)) return packet;
    emit(drop('not_begun'), packet);
    return null;
  },
  timers: {
    owed({ built, state, counters, packets, outputs, emit }) {
      if (!state.owed) return;
      state.owed = false;
      const packet = packets.copyOf(built.bytes);
      if (packet === null) return;
      packet.markNetworkHeader(0);
      packet.markTransportHeader(ipv4.size);
      tcp.at(packet).acknowledgement = state.next;
      counters.acknowledged.add(1);
      emit(outputs.ack, packet);
    },
  },
  examples: [
    example('acknowledges what came whole', [segment(99, BEGINNING, 0), segment(100), segment(120), { ...segment(5), input: 1 }, segment(110), { ...segment(6), at: 5000, input: 1 }], { in: [segment(99, BEGINNING, 0), segment(100), segment(120), segment(110)].sort(bySequence), send: [segment(5, TCP_FLAG.ack, 10, 110), segment(6, TCP_FLAG.ack, 10, 130)] }, { after: 'TCPBuffer -> DelayUnqueue(1ms)' }),
    example('acknowledges alone what nothing is sent for', [segment(99, BEGINNING, 0), segment(100)], { in: [segment(99, BEGINNING, 0), segment(100)], ack: lone(110) }, { after: 'TCPBuffer -> Unqueue', counters: { acknowledged: 1 } }),
    example('drops what comes before the beginning', [segment(100), { ...segment(5), input: 1 }], { drop: ['not_begun', 'not_begun'] }, { after: 'TCPBuffer -> Unqueue' }),
  ],
});
