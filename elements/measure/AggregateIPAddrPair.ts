/**
 * Numbers pairs of hosts, from 1 on: the aggregate annotation of IPv4 packets is their pair's number, whichever of the two sent them, the paint the direction, 0 for that of
 * the pair's first packet, 1 for the other. Packets without a marked header leave by the second output, or are dropped.
 *
 * With TIMEOUT a pair that sends nothing for so long, by the packets' time stamps, is forgotten: it gets another number when it comes again. Every REAP seconds all that are
 * over are forgotten; others, such as ToIPFlowDumps, learn of it.
 */
import { ANNOTATIONS, defineElement, duration, ethernet, example, flag, integer, integerValue, ipv4, optional, push, register, table, u32, udp } from 'wirelet';
import { stamp } from '../annotate/time-value.js';
import { endedSince, endedState, noteEnded } from './ended-flows.js';

const packet = (source: number, destination: number) => ipv4.make({ protocol: 17, source, destination }, udp.make({}));
const [there, back, other] = [packet(1, 2), packet(2, 1), packet(1, 3)];
const numbered = (number: number, from: { bytes: Uint8Array }) => Uint8Array.from([0, 0, 0, number, ...from.bytes]);
const painted = (paint: number, from: { bytes: Uint8Array }) => Uint8Array.from([paint, ...from.bytes]);

export default defineElement({
  name: 'AggregateIPAddrPair',
  config: {
    timeout: duration({ default: 0, keyword: true, doc: 'How long a pair is remembered that sends nothing; 0: for ever.' }),
    reap: duration({ default: 1200e6, keyword: true, doc: 'How often pairs whose time is over are forgotten.' }),
    capacity: integer({ default: 65_536, min: 1, max: 4_194_304, keyword: true, doc: 'Pairs at once; the one that was quiet longest gives way.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets.', other: optional(push('Packets without a marked header.')) } },
  counters: { pairs: 'Pairs that were numbered.' },
  state: ({ config }) => ({
    pairs: table({ key: { low: 'u32', high: 'u32' }, fields: { number: 'u32', flipped: 'u8', seen: 'u53' }, capacity: config.capacity, evict: 'seen' }),
    next: register('u32', 1),
    ...endedState(),
    reap_s: register('u53'),
    unstamped: flag(),
  }),
  build: ({ config, chatter }) => ({ timeout_s: Math.trunc(config.timeout / 1e6), reap_s: Math.trunc(config.reap / 1e6), chatter: chatter === '' ? '' : `${chatter} :: AggregateIPAddrPair` }),
  process(packet, { built, state, counters, clock, log, outputs }) {
    if (!packet.hasNetworkHeader || packet.networkHeaderOffset < 0 || packet.networkLength < ipv4.size) return outputs.other;
    if (built.timeout_s > 0 && packet.timestampSeconds === 0 && packet.timestampNanoseconds === 0) {
      stamp(packet, clock.microseconds);
      if (built.chatter.length > 0 && !state.unstamped) {
        log.text(built.chatter);
        log.text(': warning: packet received without timestamp');
        log.end();
      }
      state.unstamped = true;
    }
    const { pairs } = state;
    const header = ipv4.at(packet);
    const low = Math.min(header.source, header.destination);
    const high = Math.max(header.source, header.destination);
    const turned = header.source > header.destination ? 1 : 0;
    const now = packet.timestampSeconds;
    let slot = pairs.find(low, high);
    if (slot >= 0 && built.timeout_s > 0 && now - pairs.seen[slot]! > built.timeout_s) {
      noteEnded(state, pairs.number[slot]!);
      pairs.remove(slot);
      slot = -1;
    }
    if (slot < 0) {
      const victim = pairs.victim(low, high);
      if (victim >= 0) noteEnded(state, pairs.number[victim]!);
      slot = pairs.insert(low, high);
      if (slot < 0) return outputs.other;
      pairs.number[slot] = state.next;
      pairs.flipped[slot] = turned;
      state.next = Math.max(1, u32(state.next + 1));
      counters.pairs.add(1);
    }
    pairs.seen[slot] = now;
    packet.setAnnotationU32(ANNOTATIONS.aggregate.offset, pairs.number[slot]!);
    packet.paint = turned === pairs.flipped[slot] ? 0 : 1;
    if (built.timeout_s > 0 && now > state.reap_s) {
      if (state.reap_s > 0) {
        for (let each = 0; each < pairs.slots; each += 1) {
          if (pairs.occupied(each) && now - pairs.seen[each]! > built.timeout_s) {
            noteEnded(state, pairs.number[each]!);
            pairs.remove(each);
          }
        }
      }
      state.reap_s = now + built.reap_s;
    }
    return outputs.out;
  },
  handlers: {
    ended: { doc: 'How many pairs were forgotten and, of those since there were as many as the parameter says, the numbers.', read: (element, parameter) => endedSince(element, integerValue(parameter === '' ? '0' : parameter)) },
    clear: {
      doc: 'Forgets all pairs; numbers go on.',
      write({ state }) {
        const slots = Array.from({ length: state.pairs.slots }, (_, slot) => slot).filter((slot) => state.pairs.occupied(slot));
        for (const slot of slots.sort((a, b) => state.pairs.number[a]! - state.pairs.number[b]!)) {
          noteEnded(state, state.pairs.number[slot]!);
          state.pairs.remove(slot);
        }
      },
    },
  },
  examples: [
    example('numbers pairs, both directions alike', [there, back, other, there], { out: [numbered(1, there), numbered(1, back), numbered(2, other), numbered(1, there)] }, { after: 'ExampleAnnotations(20, 4)', outputs: 1, counters: { pairs: 2 } }),
    example('paints the direction', [there, back], { out: [painted(0, there), painted(1, back)] }, { after: 'ExampleAnnotations(16, 1)', outputs: 1 }),
    example('forgets a pair that was quiet', [there, { ...there, at: 9_000_000 }, { ...back, at: 20_000_000 }], { out: [numbered(1, there), numbered(1, there), numbered(2, back)] }, { config: 'TIMEOUT 10, REAP 1', after: 'ExampleAnnotations(20, 4)', outputs: 1 }),
    example('sorts out what has no marked header', ethernet.make({}), { other: ethernet.make({}) }),
  ],
});
