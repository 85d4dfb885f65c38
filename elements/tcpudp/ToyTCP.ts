/**
 * A toy that tries a TCP server at port DPORT: asks for a connection each second, and once there is one sends a byte for every segment that comes,
 * and one more for every fifth, with sequence numbers that lead nowhere. Packets are bare TCP segments: Strip(34) in front, IPEncap and
 * SetTCPChecksum behind. A reset begins anew within the second, from another port.
 */
import { background, defineElement, drop, example, flag, kept, push, register, tcp, TCP_FLAG, transportPort, u16, u32, type Log, type Packet } from 'wirelet';

const INTERVAL_US = 1_000_000;
const OWN_PORTS = 1024;
const PORTS = 60_000;
const SEQUENCES = 0x0fff_ffff;
const WIDE = 60 * 1024;
const NARROW = 30 * 1024;

/** Data offset, flags and window of what it sends. */
const wide = Uint8Array.from([0x50, TCP_FLAG.syn, WIDE >>> 8, 0]);
const narrow = Uint8Array.from([0x50, TCP_FLAG.syn, NARROW >>> 8, 0]);

interface Toy {
  readonly config: { readonly dport: u16 };
  readonly state: {
    iss: u32; next: u32; expected: u32; port: u16; connected: boolean; resetting: boolean; grown: number; wide: number; good: u32; bad: u32; out: u32;
  };
}

interface Telling {
  readonly built: { readonly tells: boolean };
  readonly log: Log;
}

/** Chooses a port and numbers by the time. */
function begin({ state }: Toy, seconds: u32, microseconds: number): void {
  state.iss = seconds & SEQUENCES;
  state.next = state.iss;
  state.port = u16(OWN_PORTS + (microseconds % PORTS));
  state.connected = false;
  state.resetting = false;
  state.grown = 0;
  state.wide = 0;
}

/** Makes the next segment of a packet that is long enough for it. */
function write(packet: Packet, { config, state }: Toy): void {
  for (let at = 0; at < tcp.size; at += 4) packet.storeU32(at, 0);
  const header = tcp.atOffset(packet, 0);
  header.source_port = state.port;
  header.destination_port = config.dport;
  header.data_offset = 5;
  if (state.connected) {
    header.sequence = u32(state.next + 1 + (state.out & 0xfff));
    header.flags = TCP_FLAG.ack;
    header.acknowledgement = state.expected;
  } else {
    header.sequence = state.next;
    header.flags = TCP_FLAG.syn;
  }
  if (state.wide > 2) {
    state.wide = 0;
    header.window = NARROW;
  } else {
    state.wide = (state.wide + 1) & 255;
    header.window = WIDE;
  }
  state.out = u32(state.out + 1);
}

/** Sees what came. */
function read(packet: Packet, { config, state }: Toy, { built, log }: Telling): void {
  if (packet.length < tcp.size) return;
  const header = tcp.atOffset(packet, 0);
  if (header.source_port !== config.dport || header.destination_port !== state.port) return;
  if ((header.flags & (TCP_FLAG.ack | TCP_FLAG.rst)) === TCP_FLAG.ack && header.acknowledgement === u32(state.iss + 1) && !state.connected) {
    state.next = u32(state.iss + 1);
    state.expected = u32(header.sequence + 1);
    state.connected = true;
    if (built.tells) {
      log.text('ToyTCP connected');
      log.end();
    }
  }
  if ((header.flags & TCP_FLAG.rst) === 0) {
    state.good = u32(state.good + 1);
    return;
  }
  if (built.tells) {
    log.text('ToyTCP: RST from port ');
    log.decimal(header.source_port);
    log.text(', in ');
    log.decimal(state.good);
    log.text(', out ');
    log.decimal(state.out);
    log.end();
  }
  state.bad = u32(state.bad + 1);
  state.resetting = true;
}

export default defineElement({
  name: 'ToyTCP',
  config: { dport: transportPort('tcp', { doc: 'The port of the server.' }) },
  ports: { inputs: { in: push('TCP segments from it, without IP header.') }, outputs: { out: push('Segments for it.') } },
  drops: { resetting: 'The connection was reset, and another one has not begun.' },
  split: { never: 'it has one connection' },
  state: {
    iss: register('u32'), next: register('u32'), expected: register('u32'), port: register('u16'), connected: flag(), resetting: flag(),
    grown: register('u8'), wide: register('u8'), good: register('u32'), bad: register('u32'), out: register('u32'),
  },
  build: ({ chatter }) => ({ tells: chatter !== '' }),
  initialize(context) {
    const { clock, timers } = context;
    begin(context, u32(clock.seconds), clock.microseconds % 1_000_000);
    timers.next.after(INTERVAL_US);
  },
  process(packet, context) {
    const { state, outputs, packets, emit } = context;
    if (state.resetting) return drop('resetting');
    read(packet, context, context);
    const length = tcp.size + (state.connected ? 1 : 0);
    packet.truncate(length);
    packet.append(Math.max(0, length - packet.length));
    write(packet, context);
    if (state.grown <= 4) {
      state.grown = (state.grown + 1) & 255;
      return outputs.out;
    }
    state.grown = 0;
    emit(outputs.out, packet);
    const more = packets.ofLength(tcp.size + (state.connected ? 1 : 0));
    if (more === null) return kept;
    write(more, context);
    emit(outputs.out, more);
    return kept;
  },
  timers: {
    next: background((context) => {
      const { built, state, clock, timers, packets, log, outputs, emit } = context;
      if (state.resetting) begin(context, u32(clock.seconds), clock.microseconds % 1_000_000);
      timers.next.after(INTERVAL_US);
      const packet = packets.ofLength(tcp.size + (state.connected ? 1 : 0));
      if (packet === null) return;
      write(packet, context);
      emit(outputs.out, packet);
      if (built.tells) {
        log.text('ToyTCP: ');
        log.decimal(state.good);
        log.text(' good in, ');
        log.decimal(state.bad);
        log.text(' bad in, ');
        log.decimal(state.out);
        log.text(' out');
        log.end();
      }
    }),
  },
  examples: [
    example('asks for a connection whatever comes, with a narrow window each fourth time', [new Uint8Array(4), tcp.make({}), tcp.make({}, new Uint8Array(9)), tcp.make({})], { out: [wide, wide, wide, narrow] }, { config: '80', after: 'Strip(12) -> Truncate(4)' }),
  ],
});
