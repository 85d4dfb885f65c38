/**
 * Remembers when packets came by, for a TimestampDiff behind it: the beginning of a measurement of latency. With OFFSET, by the numbers that a NumberPacket
 * wrote there; without, in the order of their coming. It has room for N packets; those beyond are not remembered.
 */
import { array, bool, defineElement, example, integer, register, text, TIME_RANGE, u32 } from 'wirelet';
import { numberAt } from './packet-number.js';

const numbered = (number: number) => Uint8Array.from([9, number, 0, 0, 0, 0, 0, 0, 0]);
const ROOM = 65_536;
/** Room where it may grow. */
const DYNAMIC_ROOM = 2 ** 20;

/** Packets there is room for. */
function roomOf({ n, dynamic }: { readonly n: number; readonly dynamic: boolean }): number {
  return Math.max(n === 0 ? ROOM : n, dynamic ? DYNAMIC_ROOM : 1);
}

export default defineElement({
  name: 'RecordTimestamp',
  config: {
    counter: text({ default: '', keyword: true, doc: 'The NumberPacket that numbers the packets: NET_ORDER is as there.' }),
    n: integer({ default: 0, max: 2 ** 22, keyword: true, doc: 'Packets there is room for; 0: 65536.' }),
    offset: integer({ default: -1, min: -1, max: 9208, keyword: true, doc: 'Where the number is; -1: packets have none.' }),
    dynamic: bool({ default: false, keyword: true, doc: 'Whether there is room for 1048576 packets at least.' }),
    net_order: bool({ default: false, keyword: true, doc: 'Whether its highest byte comes first.' }),
  },
  ports: { inputs: { in: 'Packets with numbers.' }, outputs: { out: 'The same packets.' } },
  state: ({ config }) => ({ sent_us: array(TIME_RANGE, roomOf(config)), next: register('u32') }),
  build({ config, elements, fail }) {
    if (config.counter === '') return { room: roomOf(config), netOrder: config.net_order };
    const counter = elements.named(config.counter);
    if (counter === undefined || counter.className !== 'NumberPacket') return fail('COUNTER must be a valid NumberPacket element');
    return { room: roomOf(config), netOrder: counter.config.net_order as boolean };
  },
  process(packet, { config, built, state, outputs, clock }) {
    let number = state.next;
    if (config.offset >= 0) number = numberAt(packet, Math.max(0, config.offset), built.netOrder);
    else state.next = u32(number + 1);
    // 0 stands for none, 1 for one that was looked at.
    if (number < built.room) state.sent_us[number] = Math.max(2, clock.microseconds);
    return outputs.out;
  },
  handlers: {
    reset: {
      doc: 'Forgets all times.',
      write({ state }) {
        for (let number = 0; number < state.sent_us.length; number += 1) state.sent_us[number] = 0;
        state.next = 0;
      },
    },
  },
  examples: [
    example('passes packets on', [numbered(0), numbered(9)], { out: [numbered(0), numbered(9)] }, { config: 'N 4, OFFSET 1' }),
    example('counts packets that have no number', [new Uint8Array(4), new Uint8Array(4)], { out: [new Uint8Array(4), new Uint8Array(4)] }, { config: 'N 1' }),
    example('drops packets without a number', new Uint8Array(4), { drop: 'short_packet' }, { config: 'N 4, OFFSET 1' }),
  ],
});
