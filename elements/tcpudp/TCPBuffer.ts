/**
 * Puts the segments of one TCP connection in order: keeps them by sequence number, and gives them out one by one when it is pulled, without gaps; with
 * SKIP it leaves gaps behind. Segments that are there already, or that come after their place was given out, are dropped.
 *
 * What was first given out says where the sequence begins. Each insertion may look at all segments kept: use it for few.
 */
import { array, below, bool, defineElement, drop, example, integer, ipv4, kept, packetLists, pull, push, register, flag, tcp, u32 } from 'wirelet';
import { sequenceLength } from './sequence-length.js';

const CAPACITY_MAX = 4096;

const data = (count: number) => Uint8Array.from({ length: count }, (_, index) => index);
const segment = (sequence: number, count = 10, flags = 0x10) => ipv4.make({ protocol: 6 }, tcp.make({ sequence, flags }, data(count)));

export default defineElement({
  name: 'TCPBuffer',
  config: {
    skip: bool({ default: false, doc: 'Whether gaps are left behind.' }),
    capacity: integer({ default: 1024, min: 1, max: CAPACITY_MAX, keyword: true, doc: 'Segments kept at once.' }),
  },
  ports: { inputs: { in: push('TCP segments with marked headers.') }, outputs: { out: pull('The same in order.') } },
  drops: { duplicate: 'A segment with that sequence number is kept.', late: 'What comes at its place was given out.', full: 'No room for another segment.' },
  split: { never: 'it keeps the segments of one connection' },
  state: ({ config }) => ({
    /** Places of segments in order, those that are free behind them. */
    order: array(below(config.capacity), config.capacity),
    sequence: array('u32', config.capacity),
    /** How many numbers of the sequence each takes. */
    taken: array('u32', config.capacity),
    segments: packetLists(config.capacity, config.capacity),
    count: register({ low: 0, high: config.capacity }),
    next: register('u32'),
    started: flag(),
  }),
  initialize({ config, state }) {
    for (let index = 0; index < config.capacity; index += 1) state.order[index] = index;
  },
  process(packet, { config, state }) {
    const sequence = tcp.at(packet).sequence;
    if (state.started && ((sequence - state.next) | 0) < 0) return drop('late');
    const count = state.count;
    let place = count;
    for (let index = 0; index < config.capacity; index += 1) {
      if (index >= count) break;
      const after = (sequence - state.sequence[state.order[index]!]!) | 0;
      if (after === 0) return drop('duplicate');
      if (after < 0) {
        place = index;
        break;
      }
    }
    if (count >= config.capacity || place >= config.capacity || state.segments.full) return drop('full');
    const free = state.order[count]!;
    for (let back = 1; back < config.capacity; back += 1) {
      const index = config.capacity - back;
      if (index <= count && index > place) state.order[index] = state.order[index - 1]!;
    }
    state.order[place] = free;
    state.sequence[free] = sequence;
    state.taken[free] = sequenceLength(packet);
    state.count = count + 1;
    state.segments.append(free, packet);
    return kept;
  },
  pull({ config, state }) {
    const count = state.count;
    if (count === 0) return null;
    const first = state.order[0]!;
    if (state.started && !config.skip && state.sequence[first] !== state.next) return null;
    const packet = state.segments.take(first);
    if (packet === null) return null;
    for (let index = 0; index + 1 < config.capacity; index += 1) {
      if (index + 1 >= count) break;
      state.order[index] = state.order[index + 1]!;
    }
    const last = Math.max(0, count - 1);
    if (last < config.capacity) state.order[last] = first;
    state.count = last;
    state.next = u32(state.sequence[first]! + state.taken[first]!);
    state.started = true;
    return packet;
  },
  examples: [
    example('gives segments out in order', [segment(100), segment(120), segment(110)], { out: [segment(100), segment(110), segment(120)] }, { after: 'DelayUnqueue(1ms)' }),
    example('waits for what is missing', [segment(100), segment(120)], { out: segment(100) }, { after: 'Unqueue' }),
    example('leaves gaps behind if told to', [segment(100), segment(120)], { out: [segment(100), segment(120)] }, { config: 'true', after: 'Unqueue' }),
    example('counts beginnings and ends', [segment(100, 0, 2), segment(101, 5, 0x11), segment(107)], { out: [segment(100, 0, 2), segment(101, 5, 0x11), segment(107)] }, { after: 'Unqueue' }),
    example('drops what comes twice, or too late', [segment(100), segment(110), segment(110), { ...segment(90), at: 5000 }], { out: [segment(100), segment(110)], drop: ['duplicate', 'late'] }, { after: 'DelayUnqueue(1ms)' }),
    example('keeps no more than it may', [segment(100), segment(110), segment(120)], { out: [segment(100), segment(110)], drop: 'full' }, { config: 'CAPACITY 1', after: 'DelayUnqueue(1ms)' }),
    example('knows that numbers begin again', [segment(0xffff_fff6), segment(0)], { out: [segment(0xffff_fff6), segment(0)] }, { after: 'Unqueue' }),
  ],
});
