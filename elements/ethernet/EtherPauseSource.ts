/**
 * Makes PAUSE frames (IEEE 802.3, annex 31B), which ask whoever is at the other end of the link to send nothing for a while: one each INTERVAL, or one whenever
 * it is pulled; LIMIT in all. A quantum of the pause is the time that 512 bits take on the link.
 */
import { bool, defineElement, duration, example, flag, formatMacDashed, HandlerError, integer, macAddress, parseBoolean, parseInteger, parseMac, register, TIME_RANGE, u32, type HandlerContext } from 'wirelet';

const FRAME_BYTES = 64;
const TYPE_MAC_CONTROL = 0x8808;
const OPCODE_PAUSE = 1;
/** The group address that is for these frames. */
const DESTINATION = 0x0180_c200_0001;

/** The frame that asks `source`'s neighbour for `quanta` of silence. */
function pauseFrame(destination: number, source: number, quanta: number): Uint8Array {
  const bytes = Buffer.alloc(FRAME_BYTES);
  bytes.writeUIntBE(destination, 0, 6);
  bytes.writeUIntBE(source, 6, 6);
  bytes.writeUInt16BE(TYPE_MAC_CONTROL, 12);
  bytes.writeUInt16BE(OPCODE_PAUSE, 14);
  bytes.writeUInt16BE(quanta, 16);
  return Uint8Array.from(bytes);
}

const [LIMIT_MIN, LIMIT_MAX] = [-0x8000_0000, 0x7fff_ffff] as const;
/** The end of time, see TIME_RANGE. */
const LAST_US = 4_503_599_627_370_496;

type Source = HandlerContext<any, 'count', any>;

const mismatch = (): never => {
  throw new HandlerError('type mismatch');
};

/** Goes on at once if it has come to its end. */
function awake({ state, timers, microseconds }: Source): void {
  if (!state.active || !state.ended) return;
  Object.assign(state, { ended: false, due_us: microseconds });
  timers['next']!.at(microseconds);
}

/** The handler of an address of the frames. */
const address = (name: 'src' | 'dst', doc: string) => ({
  doc,
  read: ({ config }: Source) => formatMacDashed(config[name]),
  write: ({ set, scope }: Source, text: string) => set(name, parseMac(text.trim()) ?? scope.address(text.trim(), 'mac') ?? mismatch()),
});

export default defineElement({
  name: 'EtherPauseSource',
  config: {
    src: macAddress({ doc: 'The address of the interface that sends them.' }),
    pausetime: integer({ max: 0xffff, doc: 'The pause, in quanta.' }),
    dst: macAddress({ default: DESTINATION, keyword: true, doc: 'Where they go.' }),
    limit: integer({ default: -1, min: -0x8000_0000, max: 0x7fff_ffff, keyword: true, doc: 'Frames in all; negative: no limit.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    interval: duration({ default: 1_000_000, keyword: true, doc: 'Time from one frame to the next, where they are not pulled.' }),
  },
  ports: { outputs: { out: 'PAUSE frames.' } },
  counters: { count: 'Frames made.' },
  state: ({ config }) => ({
    made: register('u32'),
    limit: register({ low: LIMIT_MIN, high: LIMIT_MAX }, config.limit),
    active: flag(config.active),
    due_us: register(TIME_RANGE),
    /** Nothing is to come any more, unless a handler says so. */
    ended: flag(config.limit === 0 || !config.active),
  }),
  build: ({ config }) => ({ bytes: pauseFrame(config.dst, config.src, config.pausetime) }),
  initialize({ config, state, clock, timers }) {
    state.due_us = Math.min(LAST_US, clock.microseconds + Math.max(1, config.interval));
    timers.next.at(state.due_us);
  },
  pull({ built, state, counters, packets }) {
    if (!state.active || (state.limit >= 0 && state.made >= state.limit)) return null;
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    packet.markMacHeader(0);
    packet.markNetworkHeader(14);
    state.made = u32(state.made + 1);
    counters.count.add(1);
    return packet;
  },
  run({ config, built, state, counters, outputs, clock, timers, packets, emit }) {
    const now = clock.microseconds;
    if (state.ended || now < state.due_us) return false;
    const packet = packets.copyOf(built.bytes);
    if (packet !== null) {
      packet.markMacHeader(0);
      packet.markNetworkHeader(14);
      state.made = u32(state.made + 1);
      counters.count.add(1);
    }
    if (state.limit < 0 || state.made < state.limit) {
      state.due_us = Math.min(LAST_US, now + Math.max(1, config.interval));
      timers.next.at(state.due_us);
    } else {
      state.ended = true;
    }
    if (packet === null) return true;
    emit(outputs.out, packet);
    return true;
  },
  timers: {
    next() {
      // The round that it wakes is what it is for.
    },
  },
  handlers: {
    count: { doc: 'Frames made.', read: ({ state }) => String(state.made) },
    limit: {
      doc: 'Frames in all; negative: no limit.',
      read: ({ state }) => String(state.limit),
      write(element, text) {
        const limit = parseInteger(text.trim()) ?? mismatch();
        if (limit < LIMIT_MIN || limit > LIMIT_MAX) mismatch();
        element.state.limit = limit;
        awake(element);
      },
    },
    active: {
      doc: 'Whether it works.',
      read: ({ state }) => String(state.active),
      write(element, text) {
        element.state.active = parseBoolean(text.trim()) ?? mismatch();
        awake(element);
      },
    },
    src: address('src', 'The address of the interface that sends them.'),
    dst: address('dst', 'Where they go.'),
    pausetime: {
      doc: 'The pause, in quanta.',
      read: ({ config }) => String(config.pausetime),
      write({ set }, text) {
        const quanta = parseInteger(text.trim()) ?? mismatch();
        if (quanta < 0 || quanta > 0xffff) mismatch();
        set('pausetime', quanta);
      },
    },
    reset_counts: {
      doc: 'Begins to count anew.',
      write(element) {
        element.state.made = 0;
        awake(element);
      },
    },
  },
  examples: [
    example('asks for silence each interval', [], { out: [{ bytes: pauseFrame(DESTINATION, 7, 390) }, { bytes: pauseFrame(DESTINATION, 7, 390) }] }, { config: '0:0:0:0:0:7, 390, LIMIT 2' }),
    example('asks one station', [], { out: { bytes: pauseFrame(9, 7, 1) } }, { config: '0:0:0:0:0:7, 1, DST 0:0:0:0:0:9, LIMIT 1, INTERVAL 10ms' }),
    example('asks nobody when it is not active', [], {}, { config: '0:0:0:0:0:7, 1, ACTIVE false' }),
  ],
});
